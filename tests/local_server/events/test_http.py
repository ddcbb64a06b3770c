"""HTTP API events against recorded ones."""

from typing import Any

import pytest

from local_server.clock import Milliseconds
from local_server.events.http import HttpCall, RouteMatch, http_event
from local_server.ids import RequestId
from local_server.requests import Request


def event_of(
    *headers: tuple[str, str],
    method: str = "GET",
    path: str = "/",
    query: str = "",
    body: bytes = b"",
    match: RouteMatch | None = None,
    granted: dict[str, Any] | None = None,
) -> dict[str, Any]:
    request = Request(method, path, query, headers, body, "65.78.31.245", 443)
    call = HttpCall(
        request=request,
        match=match or RouteMatch("$default", {}),
        api_id="xxx",
        request_id=RequestId("MIZRNhJtIAMEMDw="),
        now=Milliseconds(1588804615616),
        trace="Root=1-5eb33c07-de25b420912dee103a5db434",
    )
    return http_event(call, granted)


@pytest.mark.parametrize("capture", ["http-v2-minimal"], indirect=True)
def test_a_plain_get_equals_the_recorded_one_but_for_the_account(capture: Any) -> None:
    sent = {"accept", "host", "user-agent"}
    event = event_of(*((name, value) for name, value in capture["headers"].items() if name in sent))
    event["requestContext"]["accountId"] = capture["requestContext"]["accountId"]
    event["headers"]["x-forwarded-proto"] = "https"  # ours is honest: there is no TLS here
    assert event == capture


@pytest.mark.parametrize("capture", ["http-v2-request"], indirect=True)
def test_keys_come_in_the_recorded_order__6_1(capture: Any) -> None:
    del capture["requestContext"]["authentication"]  # a client certificate's
    event = event_of()
    assert list(event) == list(capture)
    assert list(event["requestContext"]) == list(capture["requestContext"])
    assert list(event["requestContext"]["http"]) == list(capture["requestContext"]["http"])


@pytest.mark.parametrize("capture", ["http-v2-responses/V2_SimpleGetRequest"], indirect=True)
def test_cookies_query_and_path_variables_read_as_recorded__6_1(capture: Any) -> None:
    event = event_of(
        ("Cookie", "session=abc123; theme=dark"),
        path=capture["RawPath"],
        query=capture["RawQueryString"],
        match=RouteMatch(capture["RouteKey"], capture["PathParameters"]),
    )
    assert event["cookies"] == capture["Cookies"]
    assert event["queryStringParameters"] == capture["QueryStringParameters"]
    assert event["pathParameters"] == capture["PathParameters"]
    assert "cookie" not in event["headers"]


@pytest.mark.parametrize("capture", ["http-v2-responses/V2_UrlEncodedQueryString"], indirect=True)
def test_a_query_is_decoded_as_recorded(capture: Any) -> None:
    event = event_of(query=capture["RawQueryString"])
    assert event["queryStringParameters"] == capture["QueryStringParameters"]
    assert event["rawQueryString"] == capture["RawQueryString"]


@pytest.mark.parametrize("capture", ["http-v2-responses/V2_BinaryContent"], indirect=True)
def test_a_binary_body_reads_as_recorded(capture: Any) -> None:
    event = event_of(("content-type", "application/octet-stream"), body=b"\x01\x02\x03\x04\x05")
    assert event["body"] == capture["Body"]
    assert event["isBase64Encoded"] is capture["IsBase64Encoded"]


def test_optional_keys_are_absent_when_empty__6_1() -> None:
    assert list(event_of()) == [
        "version",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "headers",
        "requestContext",
        "isBase64Encoded",
    ]


def test_optional_keys_have_their_places() -> None:
    event = event_of(
        ("cookie", "a=b"), query="a=1", body=b"{}", match=RouteMatch("GET /{a}", {"a": "1"})
    )
    assert list(event) == [
        "version",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "cookies",
        "headers",
        "queryStringParameters",
        "requestContext",
        "pathParameters",
        "body",
        "isBase64Encoded",
    ]


def test_headers_are_lower_case_and_duplicates_are_joined__6_1() -> None:
    headers = event_of(("X-A", "1"), ("x-a", "2"))["headers"]
    assert headers["x-a"] == "1,2"
    assert headers["content-length"] == "0"


def test_a_path_is_decoded__6_1() -> None:
    event = event_of(path="/%E2%98%95%20Coffee")
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/☕ Coffee"


def test_a_missing_user_agent_is_empty__6_1() -> None:
    assert event_of()["requestContext"]["http"]["userAgent"] == ""


@pytest.mark.parametrize(
    ("content_type", "encoded"),
    [
        ("application/json", False),
        ("text/plain; charset=utf-8", False),
        ("application/x-www-form-urlencoded", False),
        ("application/problem+json", False),
        ("image/png", True),
        ("multipart/form-data; boundary=x", True),
    ],
)
def test_text_stays_text_and_all_else_is_base64__6_1(content_type: str, encoded: bool) -> None:
    event = event_of(("Content-Type", content_type), body=b"hello")
    assert event["isBase64Encoded"] is encoded
    assert event["body"] == ("aGVsbG8=" if encoded else "hello")


def test_a_body_that_only_claims_to_be_text_is_base64() -> None:
    assert event_of(("Content-Type", "text/plain"), body=b"\xff")["isBase64Encoded"] is True


def test_what_an_authorizer_granted_stands_in_the_context__6_1() -> None:
    granted = {"lambda": {"a": [1, {"b": None}]}}
    context = event_of(granted=granted)["requestContext"]
    assert context["authorizer"] == granted
    # Its place in recorded events.
    assert list(context)[:4] == ["accountId", "apiId", "authorizer", "domainName"]
    assert "authorizer" not in event_of()["requestContext"]
