"""AWS's Signature Version 4 held against the request that carries it. No I/O."""

import calendar
import hashlib
import hmac
import re
import time
from contextlib import suppress
from typing import Any

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_server.claims import Claims, query_pairs, timestamp_of
from local_server.clock import Milliseconds
from local_server.refusals import incomplete_signature, invalid_signature
from local_server.requests import Request

SERVICE = "execute-api"
# API Gateway's own; many services allow fifteen minutes (mhart/aws4#118).
SKEW_S = 5 * 60
_TERMINATOR = "aws4_request"
_TIMESTAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")


def check_claims(claims: Claims, request: Request, region: str, now: Milliseconds) -> None:
    """All that can be said without the secret. Raises Refusal."""
    _check_headers(claims, request)
    _check_age(claims, now)
    _check_scope(claims, region)


def _check_headers(claims: Claims, request: Request) -> None:
    if "host" not in claims.headers:
        raise invalid_signature(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        )
    for name in claims.headers:
        if not request.header_values(name):
            raise incomplete_signature(
                f"'{name}' is named as a SignedHeader, but it does not exist in the HTTP request."
            )


def _check_scope(claims: Claims, region: str) -> None:
    scope, date = claims.scope, claims.timestamp[:8]
    wrong = {
        f"Credential should be scoped to a valid region, not '{scope.region}'. ": (
            scope.region != region
        ),
        f"Credential should be scoped to correct service: '{SERVICE}'. ": (
            scope.service != SERVICE
        ),
        f"Credential should be scoped with a valid terminator: '{_TERMINATOR}', "
        f"not '{scope.terminator}'. ": scope.terminator != _TERMINATOR,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        f"HTTP: '{scope.date}' != '{date}', from '{claims.timestamp}'.": scope.date != date,
    }
    if texts := [text for text, is_wrong in wrong.items() if is_wrong]:
        raise invalid_signature("".join(texts))


def _check_age(claims: Claims, now: Milliseconds) -> None:
    signed_at, second = _seconds(claims.timestamp), now // 1000
    lifetime = SKEW_S if claims.lifetime_s is None else claims.lifetime_s
    if signed_at < second - lifetime:
        raise invalid_signature(
            f"Signature expired: {claims.timestamp} is now earlier than "
            f"{timestamp_of(second - lifetime)} ({timestamp_of(second)} - {lifetime // 60} min.)"
        )
    if signed_at > second + SKEW_S:
        raise invalid_signature(
            f"Signature not yet current: {claims.timestamp} is still later than "
            f"{timestamp_of(second + SKEW_S)} ({timestamp_of(second)} + {SKEW_S // 60} min.)"
        )


def _seconds(timestamp: str) -> int:
    with suppress(ValueError):
        if _TIMESTAMP.fullmatch(timestamp):
            return calendar.timegm(time.strptime(timestamp, SIGV4_TIMESTAMP))
    raise incomplete_signature(
        f"Date must be in ISO-8601 'basic format'. Got '{timestamp}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


def check_digest(claims: Claims, request: Request, secret: str) -> None:
    """Raises Refusal if `secret` does not make this signature of this request."""
    signer = _Signer(Credentials(claims.access_key, secret), SERVICE, claims.scope.region)
    received = _received(claims, request)
    canonical = signer.canonical_request(received)
    text = signer.string_to_sign(received, canonical)
    expected: str = signer.signature(text, received)
    if not hmac.compare_digest(expected.encode(), claims.digest.encode()):
        raise invalid_signature(_MISMATCH.format(canonical=canonical, text=text))


_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details.\n\n"
    "The Canonical String for this request should have been\n'{canonical}'\n\n"
    "The String-to-Sign should have been\n'{text}'\n"
)


class _Signer(SigV4Auth):  # type: ignore[misc]
    """botocore's, over exactly the headers that were signed and the body that arrived."""

    def headers_to_sign(self, request: Any) -> Any:
        return request.headers

    def payload(self, request: Any) -> str:
        return hashlib.sha256(request.data).hexdigest()

    def canonical_request(self, request: Any) -> str:
        canonical: str = super().canonical_request(request)
        if "x-amz-content-sha256" not in request.headers:
            return canonical
        # Whatever the header says: API Gateway knows no unsigned payload (aws-sdk-js-v3#308).
        head, newline, _ = canonical.rpartition("\n")
        return f"{head}{newline}{self.payload(request)}"


def _received(claims: Claims, request: Request) -> Any:
    """The request as its signer must have seen it: the path is still encoded."""
    received = AWSRequest(
        method=request.method,
        url=f"http://gateway{request.path}",
        data=request.body,
        params=[pair for pair in query_pairs(request) if pair[0] != "X-Amz-Signature"],
    )
    for name in claims.headers:
        for value in request.header_values(name):
            received.headers[name] = value
    received.context["timestamp"] = claims.timestamp
    return received
