"""What is read of a signature before anything is believed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.claims import Claims, Scope, read_claims
from local_server.refusals import Refusal
from local_server.requests import Request
from tests.local_server.signing import presigned, signed

CREDENTIAL = "k/20261123/eu-west-3/execute-api/aws4_request"
GOOD = f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature=abc"


def with_header(authorization: str, date: str | None = "20261123T183456Z") -> Request:
    dated = (("X-Amz-Date", date),) if date else ()
    return replace(signed(), headers=(("Host", "h"), ("authorization", authorization), *dated))


def with_query(query: str) -> Request:
    return replace(signed(), headers=(("Host", "h"),), query=query)


def refusal(request: Request) -> tuple[str, str]:
    with pytest.raises(Refusal) as error:
        read_claims(request)
    return error.value.kind, error.value.message or ""


def test_the_header_is_read_whatever_its_spaces() -> None:
    for text in (GOOD, GOOD.replace(", ", ","), GOOD.replace(", ", " , ")):
        assert read_claims(with_header(text)) == Claims(
            access_key="k",
            scope=Scope("20261123", "eu-west-3", "execute-api", "aws4_request"),
            timestamp="20261123T183456Z",
            headers=("host", "x-amz-date"),
            digest="abc",
        )


def test_the_query_of_a_presigned_url_is_read() -> None:
    claims = read_claims(presigned(token="a+b/c==", lifetime_s=60))
    assert (claims.access_key, claims.token, claims.lifetime_s) == ("local", "a+b/c==", 60)
    assert claims.headers == ("host",)


def test_a_plus_sign_in_a_query_is_one() -> None:
    request = presigned(token="a+b")
    request = replace(request, query=request.query.replace("a%2Bb", "a+b"))
    assert read_claims(request).token == "a+b"


def test_a_date_header_serves_as_well() -> None:
    request = with_header(GOOD, date=None)
    for date in ("Mon, 23 Nov 2026 18:34:56 GMT", "20261123T183456Z"):
        dated = replace(request, headers=(*request.headers, ("Date", date)))
        assert read_claims(dated).timestamp == "20261123T183456Z"


def test_without_a_signature_the_token_is_missing__4_6() -> None:
    expected = ("MissingAuthenticationTokenException", "Missing Authentication Token")
    assert refusal(with_query("")) == expected
    assert refusal(with_query("a=b&X-Amz-Date=20261123T183456Z")) == expected


@pytest.mark.parametrize(
    ("authorization", "missing"),
    [
        ("Bearer abc", ("Credential", "Signature", "SignedHeaders")),
        ("AWS4-HMAC-SHA256 Credential=" + CREDENTIAL, ("Signature", "SignedHeaders")),
        (GOOD.replace("Signature=abc", "Signature="), ("Signature",)),
        (GOOD.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"), ("Credential", "Signature")),
    ],
)
def test_what_a_header_lacks_is_named(authorization: str, missing: tuple[str, ...]) -> None:
    kind, message = refusal(with_header(authorization))
    assert kind == "IncompleteSignatureException"
    for name in missing:
        assert f"Authorization header requires '{name}' parameter." in message
    assert "abc" not in message


def test_a_header_without_a_date_is_incomplete() -> None:
    kind, message = refusal(with_header(GOOD, date=None))
    assert kind == "IncompleteSignatureException"
    assert "existence of either a 'X-Amz-Date' or a 'Date' header" in message


def test_what_a_presigned_url_lacks_is_named() -> None:
    kind, message = refusal(with_query("X-Amz-Algorithm=AWS4-HMAC-SHA256"))
    assert kind == "IncompleteSignatureException"
    assert "AWS query-string parameters must include 'X-Amz-Signature'." in message
    assert message.endswith("Re-examine the query-string parameters.")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=AWS5"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=604801"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=-1"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=" + "9" * 5000),
        ("X-Amz-Credential=local%2F", "X-Amz-Credential="),
    ],
)
def test_a_presigned_url_with_a_bad_parameter_is_incomplete(old: str, new: str) -> None:
    request = presigned()
    assert old in request.query
    kind, _ = refusal(replace(request, query=request.query.replace(old, new)))
    assert kind == "IncompleteSignatureException"


def test_the_credential_has_five_parts() -> None:
    _, message = refusal(with_header(GOOD.replace("/aws4_request", "")))
    assert "Credential must have exactly 5 slash-delimited elements" in message


@given(st.text(alphabet=st.characters(codec="latin-1", exclude_characters="\r\n")), st.text())
def test_whatever_is_sent_is_read_or_refused(authorization: str, query: str) -> None:
    for request in (with_header(authorization), with_query(query)):
        try:
            read_claims(request)
        except Refusal:
            continue
