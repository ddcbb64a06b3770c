"""Lambda results as HTTP responses, against recorded ones."""

import json
from typing import Any

import pytest

from local_server.responses import Malformed, Response, gateway_error, http_response


def respond(result: Any) -> Response:
    return http_response(json.dumps(result))


def header(response: Response, name: str) -> list[str]:
    return [value for key, value in response.headers if key.lower() == name]


@pytest.mark.parametrize(
    ("capture", "result"),
    [
        (
            "http-v2-responses/V2_DefaultsToTextPlainContentType",
            {"statusCode": 200, "body": "Hello, World!"},
        ),
        (
            "http-v2-responses/V2_DoesNotOverrideExplicitValues",
            {
                "statusCode": 201,
                "headers": {"Content-Type": "application/xml"},
                "body": '{"key":"value"}',
            },
        ),
        (
            "http-v2-responses/V2_SetsBodyBase64",
            {
                "statusCode": 200,
                "body": "eyJtZXNzYWdlIjoiSGVsbG8sIEFQSSBHYXRld2F5IHYyISJ9",
                "isBase64Encoded": True,
            },
        ),
        (
            "http-v2-responses/V2_HandlesHeadersCorrectly",
            {
                "statusCode": 200,
                "headers": {
                    "content-type": "application/json",
                    "myheader": "test,shouldhavesecondvalue",
                    "anotherheader": "secondvalue",
                },
                "body": '{"message":"With Headers"}',
            },
        ),
    ],
    indirect=["capture"],
)
def test_responses_equal_the_recorded_ones__6_2_1__6_2_3__6_2_5__6_2_6(
    capture: Any, result: Any
) -> None:
    response = respond(result)
    recorded = {name.lower(): values for name, values in capture["Headers"].items()}
    assert response.status == capture["StatusCode"]
    assert response.body.decode() == capture["Content"]
    assert header(response, "content-type") == recorded["content-type"]
    assert str(len(response.body)) == recorded["content-length"][0]
    for name in recorded.keys() & {"myheader", "anotherheader"}:
        assert header(response, name) == recorded[name]


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        ('{"a": 1}', b'{"a": 1}'),
        ("[1, 2]", b"[1, 2]"),
        ("7", b"7"),
        ("true", b"true"),
        ("null", b"null"),
        ('"test"', b"test"),
        ('""', b""),
        ('{"body": "x"}', b'{"body": "x"}'),
    ],
)
def test_a_result_without_a_status_is_the_body__6_2_2(payload: str, body: bytes) -> None:
    response = http_response(payload)
    assert (response.status, response.body) == (200, body)
    assert header(response, "content-type") == ["application/json"]


def test_every_cookie_has_a_header_of_its_own__6_2_1() -> None:
    response = respond({"statusCode": 200, "cookies": ["a=1; Path=/", "b=2"]})
    assert header(response, "set-cookie") == ["a=1; Path=/", "b=2"]


def test_the_status_may_be_text() -> None:
    assert respond({"statusCode": "404"}).status == 404


def test_header_values_may_be_numbers_and_flags() -> None:
    response = respond({"statusCode": 200, "headers": {"a": 1, "b": True}})
    assert header(response, "a") == ["1"]
    assert header(response, "b") == ["true"]


def test_the_gateway_frames_the_body_itself() -> None:
    response = respond({"statusCode": 200, "headers": {"Content-Length": "99"}, "body": "x"})
    assert header(response, "content-length") == []


STATUS = "statusCode: a number from 200 to 599 is expected, not "
UNWRITABLE = "headers: a name is a token, and a value one line of UTF-8; not so "


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"statusCode": 200.5}, STATUS + "200.5"),
        ({"statusCode": "ok"}, STATUS + "text"),
        ({"statusCode": None}, STATUS + "None"),
        ({"statusCode": True}, STATUS + "True"),
        ({"statusCode": "\u00b2\u00b2\u00b2"}, STATUS + "text"),
        ({"statusCode": "9" * 5000}, STATUS + "text"),
        ({"statusCode": 99}, STATUS + "99"),
        ({"statusCode": 600}, STATUS + "600"),
        (
            {"statusCode": 200, "body": {"a": 1}},
            "body: text is expected, such as json.dumps makes, not a mapping",
        ),
        (
            {"statusCode": 200, "body": 7},
            "body: text is expected, such as json.dumps makes, not a number",
        ),
        (
            {"statusCode": 200, "body": "%", "isBase64Encoded": True},
            "body: isBase64Encoded is true, but it is no base64",
        ),
        ({"statusCode": 200, "headers": ["a"]}, "headers: a mapping is expected, not a list"),
        ({"statusCode": 200, "headers": {"a": ["b"]}}, "headers: 'a' is text, not a list"),
        ({"statusCode": 200, "headers": {"a": "b\r\nc: d"}}, UNWRITABLE + "'a'"),
        ({"statusCode": 200, "headers": {"a": "\ud800"}}, UNWRITABLE + "'a'"),
        ({"statusCode": 200, "headers": {"a b": "c"}}, UNWRITABLE + "'a b'"),
        ({"statusCode": 200, "headers": {"a:": "b"}}, UNWRITABLE + "'a:'"),
        ({"statusCode": 200, "cookies": "a=1"}, "cookies: a list is expected, not text"),
        ({"statusCode": 200, "cookies": [1]}, "cookies: each is one line of UTF-8"),
        ({"statusCode": 200, "cookies": ["a=\ud800"]}, "cookies: each is one line of UTF-8"),
        ({"statusCode": 200, "cookies": ["a=1\r\nb: c"]}, "cookies: each is one line of UTF-8"),
    ],
)
def test_a_malformed_result_is_refused_with_the_reason_but_no_content(
    result: Any, reason: str
) -> None:
    with pytest.raises(Malformed) as raised:
        respond(result)
    assert str(raised.value) == reason


def test_an_error_body_has_no_space_and_the_recorded_length__6_2_6() -> None:
    assert len(gateway_error(500, "Internal Server Error").body) == 35


def test_text_that_is_no_utf8_is_replaced_rather_than_a_crash() -> None:
    assert respond({"statusCode": 200, "body": "\ud800"}).body == b"?"
    assert respond("\ud800").body == b"?"
