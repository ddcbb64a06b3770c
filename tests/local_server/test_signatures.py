"""A signature holds, or does not, and why: botocore signs, the gateway recomputes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.claims import read_claims
from local_server.refusals import Refusal
from local_server.requests import Request
from local_server.signatures import check_claims, check_digest
from tests.local_server.signing import HOST, NOW, REGION, URL, now, presigned, signed


def check(request: Request, secret: str = "local", second: int = NOW) -> None:
    claims = read_claims(request)
    check_claims(claims, request, REGION, now(second))
    check_digest(claims, request, secret)


def refusal(request: Request, secret: str = "local", second: int = NOW) -> tuple[str, str]:
    with pytest.raises(Refusal) as error:
        check(request, secret, second)
    return error.value.kind, error.value.message or ""


def without(request: Request, name: str) -> Request:
    kept = tuple(header for header in request.headers if header[0].lower() != name)
    return replace(request, headers=kept)


# What holds


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize("path", ["@connections", "%40connections"])
@pytest.mark.parametrize("token", [None, "a/token+with=signs"])
def test_what_botocore_signs_holds__4_1(method: str, path: str, token: str | None) -> None:
    url = URL.replace("@connections", path)
    check(signed(method, url, b"" if method != "POST" else b"\xffbytes", token=token))
    check(presigned(method, url, token=token))


@pytest.mark.parametrize(
    "url",
    [
        f"https://{HOST}/",
        f"https://{HOST}",
        f"https://{HOST}/a//b/../c/./d",
        f"https://{HOST}/a%20b/%C3%A9/%2F",
        f"https://{HOST}/a?z=1&a=2&a=1&empty=&b%20c=%2F",
        "http://127.0.0.1:3001/local/@connections/x",
        "http://[::1]:3001/local/@connections/x",
    ],
)
def test_any_address_holds(url: str) -> None:
    check(signed(url=url))
    check(presigned(url=url))


def test_headers_of_the_clients_own_are_signed_with_the_rest() -> None:
    check(signed(headers={"Content-Type": "text/plain", "X-Note": "  two   spaces "}))


def test_a_header_that_is_not_signed_may_change() -> None:
    request = signed()
    check(replace(request, headers=(*request.headers, ("X-Forwarded-For", "10.0.0.1"))))


def test_a_header_that_botocore_would_not_sign_can_be_signed() -> None:
    """Other SDKs sign what they like, their user-agent too."""
    request = signed(headers={"User-Agent": "sdk"})
    _, message = refusal(
        replace(
            request,
            headers=tuple(
                (name, value.replace("SignedHeaders=", "SignedHeaders=user-agent;"))
                for name, value in request.headers
            ),
        )
    )
    assert "\nuser-agent:sdk\n" in message


def test_an_address_may_be_encoded_less_than_it_was_signed() -> None:
    """Browsers leave a slash in a query as it is."""
    request = presigned()
    assert "%2F" in request.query
    check(replace(request, query=request.query.replace("%2F", "/")))


def test_a_presigned_url_without_a_lifetime_holds_for_the_usual_five_minutes() -> None:
    request = presigned()
    claims = replace(read_claims(request), lifetime_s=None)
    check_claims(claims, request, REGION, now(NOW + 300))
    with pytest.raises(Refusal):
        check_claims(claims, request, REGION, now(NOW + 301))


@given(st.binary(max_size=100), st.text(min_size=1, max_size=20))
def test_any_body_and_any_secret_hold(body: bytes, secret: str) -> None:
    check(signed(body=body, secret=secret), secret)


# What does not


@pytest.mark.parametrize(
    "change",
    [
        {"method": "DELETE"},
        {"path": "/local/@connections/BAAAAAAAAAAAAAA%3D"},
        {"query": "a=b"},
        {"body": b"y"},
    ],
)
def test_whatever_is_changed_on_the_way_breaks_it(change: dict[str, object]) -> None:
    kind, message = refusal(replace(signed(), **change))  # type: ignore[arg-type]
    assert kind == "InvalidSignatureException"
    assert message.startswith("The request signature we calculated does not match")


def test_another_host_breaks_it() -> None:
    request = signed()
    kind, _ = refusal(replace(request, headers=(("Host", "127.0.0.1:3001"), *request.headers[1:])))
    assert kind == "InvalidSignatureException"


def test_another_secret_breaks_it_and_the_answer_says_what_was_expected() -> None:
    kind, message = refusal(signed(secret="guessed"))
    assert kind == "InvalidSignatureException"
    assert (
        "The Canonical String for this request should have been\n"
        "'POST\n/local/%40connections/AAAAAAAAAAAAAAA%253D\n\n"
        f"host:{HOST}\n"
    ) in message
    assert "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n" in message


def test_the_body_counts_whatever_a_header_says_of_it() -> None:
    kind, _ = refusal(signed(headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}))
    assert kind == "InvalidSignatureException"


def test_a_digest_that_is_no_text_of_ours_is_only_wrong() -> None:
    request = presigned()
    kind, _ = refusal(replace(request, query=request.query[:-2] + "%C3%A9"))
    assert kind == "InvalidSignatureException"


def test_the_host_is_signed() -> None:
    request = signed()
    headers = tuple(
        (name, value.replace("SignedHeaders=host;", "SignedHeaders="))
        for name, value in request.headers
    )
    kind, message = refusal(replace(request, headers=headers))
    assert (kind, message) == (
        "InvalidSignatureException",
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    )


def test_a_signed_header_is_there() -> None:
    kind, message = refusal(without(signed(headers={"X-Note": "a"}), "x-note"))
    assert kind == "IncompleteSignatureException"
    assert message.startswith("'x-note' is named as a SignedHeader, but it does not exist")


def test_a_scope_of_another_region_or_service_is_refused() -> None:
    kind, message = refusal(signed(region="us-east-1", service="apigateway"))
    assert kind == "InvalidSignatureException"
    assert message == (
        "Credential should be scoped to a valid region, not 'us-east-1'. "
        "Credential should be scoped to correct service: 'execute-api'. "
    )


def test_a_scope_of_another_day_is_refused() -> None:
    request = signed()
    headers = tuple(
        (name, value.replace("/20261123/", "/20261122/")) for name, value in request.headers
    )
    kind, message = refusal(replace(request, headers=headers))
    assert kind == "InvalidSignatureException"
    assert "'20261122' != '20261123'" in message


@pytest.mark.parametrize("age_s", [-300, 0, 300])
def test_five_minutes_either_way_are_allowed(age_s: int) -> None:
    check(signed(second=NOW - age_s))


def test_an_older_signature_has_expired() -> None:
    kind, message = refusal(signed(), second=NOW + 301)
    assert kind == "InvalidSignatureException"
    assert message == (
        "Signature expired: 20261123T183456Z is now earlier than "
        "20261123T183457Z (20261123T183957Z - 5 min.)"
    )


def test_one_from_the_future_is_not_yet_current() -> None:
    kind, message = refusal(signed(), second=NOW - 301)
    assert kind == "InvalidSignatureException"
    assert message == (
        "Signature not yet current: 20261123T183456Z is still later than "
        "20261123T183455Z (20261123T182955Z + 5 min.)"
    )


def test_a_presigned_url_holds_for_its_own_lifetime() -> None:
    request = presigned(lifetime_s=600)
    check(request, second=NOW + 600)
    _, message = refusal(request, second=NOW + 601)
    assert message.startswith("Signature expired: 20261123T183456Z is now earlier than ")


@pytest.mark.parametrize("date", ["yesterday", "20261123T183456", "20261323T183456Z"])
def test_a_date_is_iso_8601(date: str) -> None:
    request = without(signed(), "x-amz-date")
    request = replace(request, headers=(*request.headers, ("X-Amz-Date", date)))
    kind, message = refusal(request)
    assert kind == "IncompleteSignatureException"
    assert message.startswith("Date must be in ISO-8601 'basic format'.")
