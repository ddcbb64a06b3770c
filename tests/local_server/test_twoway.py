"""What a WebSocket route makes of its function's result."""

import json
from typing import Any

import pytest

from local_server.responses import Malformed
from local_server.twoway import checked_result, reply_of, status_of, subprotocol_of


@pytest.mark.parametrize("result", [None, {}, {"statusCode": 501, "body": "x", "headers": {}}])
def test_nothing_and_proxy_responses_are_fine(result: Any) -> None:
    assert checked_result(json.dumps(result)) == result


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ("text", "a mapping or None is expected, not text"),
        (7, "a mapping or None is expected, not a number"),
        ([], "a mapping or None is expected, not a list"),
        ({"Data": "y", "ConnectionId": "x"}, "a proxy response has no 'ConnectionId', 'Data'"),
    ],
)
def test_other_results_are_malformed(result: Any, reason: str) -> None:
    with pytest.raises(Malformed) as raised:
        checked_result(json.dumps(result))
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    ("result", "reply"),
    [
        ({"statusCode": 500, "body": "hi"}, "hi"),
        ({"statusCode": 200}, ""),
        (None, ""),
        ({"body": "aGk=", "isBase64Encoded": True}, "hi"),
    ],
)
def test_the_body_is_the_reply_whatever_the_status(result: Any, reply: str) -> None:
    assert reply_of(result) == reply


NO_BASE64 = "body: isBase64Encoded is true, but it is no base64 of UTF-8"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"body": {}}, "body: text is expected, such as json.dumps makes, not a mapping"),
        ({"body": "%", "isBase64Encoded": True}, NO_BASE64),
        ({"body": "/w==", "isBase64Encoded": True}, NO_BASE64),
    ],
)
def test_a_body_that_is_no_text_is_malformed(result: Any, reason: str) -> None:
    with pytest.raises(Malformed) as raised:
        reply_of(result)
    assert str(raised.value) == reason


def test_connect_is_decided_by_a_status() -> None:
    assert status_of({"statusCode": 201}) == 201


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (None, "a mapping with a statusCode is expected, not None"),
        ("ok", "a mapping with a statusCode is expected, not text"),
        ({"status": 200}, "a mapping with a statusCode is expected; this one has 'status'"),
        ({}, "a mapping with a statusCode is expected; this one has nothing"),
        ({"statusCode": "x"}, "statusCode: a number from 200 to 599 is expected, not text"),
    ],
)
def test_connect_without_a_status_is_malformed(result: Any, reason: str) -> None:
    with pytest.raises(Malformed) as raised:
        status_of(result)
    assert str(raised.value) == reason


def test_the_subprotocol_is_named_by_a_header_in_any_case() -> None:
    assert subprotocol_of({"headers": {"sec-websocket-protocol": "chat"}}) == "chat"
    assert subprotocol_of({"headers": {"X": "y"}}) is None
    assert subprotocol_of({}) is None


def test_a_subprotocol_cannot_smuggle_headers() -> None:
    result = {"headers": {"Sec-WebSocket-Protocol": "a\r\nSet-Cookie: b"}}
    assert "\n" not in str(subprotocol_of(result))


def test_headers_of_a_messages_result_go_nowhere__2_4_5() -> None:
    result = checked_result('{"statusCode": 200, "headers": {"X": "y"}, "body": "hi"}')
    assert reply_of(result) == "hi"
