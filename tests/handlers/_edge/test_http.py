import base64
import json
from typing import Any

import pytest

from handlers._edge.http import HttpCall, http
from infra import wiring
from infra.invocation import correlation_id
from notify.account_requests import Login, Logout
from notify.errors import HeliographError, RateLimited, Unavailable, Unknown
from notify.requests import InboxQuery
from tests import events


def call(operation: Any, **event: Any) -> dict[str, Any]:
    request = events.request("GET /api/v1/x") | event
    response: dict[str, Any] = http()(operation)(request, events.CONTEXT)
    return response


def test_what_is_returned_becomes_json_that_no_cache_keeps() -> None:
    response = call(lambda call: {"ok": True})
    assert response == {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": '{"ok":true}',
    }


def test_an_operation_may_choose_its_status() -> None:
    assert call(lambda call: (202, []))["statusCode"] == 202


def test_nothing_is_204_without_a_body() -> None:
    assert call(lambda call: None) == {"statusCode": 204}


@pytest.mark.parametrize(("error", "status"), [(Unknown("no"), 404), (Unavailable("later"), 503)])
def test_an_error_becomes_a_problem(error: HeliographError, status: int) -> None:
    def fail(call: HttpCall) -> None:
        raise error

    response = call(fail)
    assert (response["statusCode"], json.loads(response["body"])["detail"]) == (
        status,
        error.message,
    )


def test_a_bug_is_a_500_whose_text_stays_inside(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(call: HttpCall) -> None:
        raise KeyError("a secret")

    response = call(fail)
    printed = capsys.readouterr().out
    assert response["statusCode"] == 500
    assert "a secret" not in response["body"] + printed
    assert '"error": "KeyError"' in printed
    assert "test_http.py" in printed


@pytest.mark.parametrize("fields", [{}, {"body": None}, {"body": ""}, {"body": "{}"}])
def test_where_a_body_is_optional_none_is_one_without_fields(fields: dict[str, Any]) -> None:
    def read(call: HttpCall) -> bool:
        return call.optional_body(Logout).all_devices

    assert json.loads(call(read, **fields)["body"]) is False
    encoded = base64.b64encode(b'{"all_devices":true}').decode()
    assert json.loads(call(read, body=encoded, isBase64Encoded=True)["body"]) is True


@pytest.mark.parametrize("body", ["%%%", "////", "eyJ1c2VybmFtZSI6ICJhIn0", "\u00e9"])
def test_a_body_that_is_no_base64_is_refused_as_no_json(body: str) -> None:
    response = call(lambda call: call.body(Login), body=body, isBase64Encoded=True)
    assert response["statusCode"] == 400


def test_a_refusal_that_says_when_to_come_back_says_it_in_whole_seconds() -> None:
    def fail(call: HttpCall) -> None:
        raise RateLimited("slower", retry_after_ms=1_001, limit=10)

    response = call(fail)
    assert response["statusCode"] == 429
    assert response["headers"]["retry-after"] == "2"


def test_an_operation_may_add_headers_also_to_its_refusal() -> None:
    def fail(call: HttpCall) -> None:
        call.headers["ratelimit-limit"] = "10"
        raise Unknown("no")

    assert call(fail)["headers"]["ratelimit-limit"] == "10"


def test_a_query_is_read_as_a_struct() -> None:
    def read(call: HttpCall) -> list[object]:
        query = call.parameters(InboxQuery)
        return [query.status, query.limit]

    assert json.loads(call(read)["body"]) == ["all", 50]
    response = call(read, queryStringParameters={"status": "read", "limit": "7"})
    assert json.loads(response["body"]) == ["read", 7]
    assert call(read, queryStringParameters={"limit": "x"})["statusCode"] == 422


def test_a_query_and_a_header_are_read_by_name() -> None:
    def read(call: HttpCall) -> list[str | None]:
        return [call.query("a"), call.query("b", "none"), call.header("x"), call.header("y")]

    response = call(read, queryStringParameters={"a": "1,2"}, headers={"x": "z"})
    assert json.loads(response["body"]) == ["1,2", "none", "z", None]


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ("order-12", "order-12"),
        (None, "LV7fzho-PHcEJPw="),
        ("", "LV7fzho-PHcEJPw="),
        ("two words", "LV7fzho-PHcEJPw="),
        ("x" * 129, "LV7fzho-PHcEJPw="),
    ],
)
def test_a_request_is_followed_by_the_callers_id_or_the_gateways(
    sent: str | None, known: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call(
        lambda call: [correlation_id()], headers={} if sent is None else {"x-correlation-id": sent}
    )
    assert json.loads(capsys.readouterr().out)["correlation_id"] == known


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        ("0", None, "203.0.113.7"),
        ("0", "192.0.2.1, 203.0.113.7", "203.0.113.7"),
        ("1", "192.0.2.1, 203.0.113.7", "192.0.2.1"),
        ("1", "6.6.6.6, 192.0.2.1, 203.0.113.7", "192.0.2.1"),
        ("2", "6.6.6.6,192.0.2.1 ,203.0.113.7", "6.6.6.6"),
        ("1", "203.0.113.7", "203.0.113.7"),
        ("1", None, "203.0.113.7"),
    ],
)
def test_an_address_is_whom_the_last_trusted_proxy_has_seen(
    service: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    proxies: str,
    forwarded: str | None,
    address: str,
) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", proxies)
    wiring.reset()
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert json.loads(call(lambda call: call.address, headers=headers)["body"]) == address


@pytest.mark.parametrize(("proto", "scheme"), [("https", "wss"), ("http", "ws"), (None, "wss")])
def test_connections_are_taken_on_the_same_host(proto: str | None, scheme: str) -> None:
    headers = {"host": "x:1"} | ({"x-forwarded-proto": proto} if proto else {})
    answer = call(lambda call: call.websocket_url, headers=headers)
    assert json.loads(answer["body"]) == f"{scheme}://x:1/api/v1/ws/realtime"
