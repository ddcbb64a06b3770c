"""Requests signed as the SDKs do, at a time of the test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from botocore import auth
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_server.clock import Clock, Milliseconds
from local_server.requests import Request

REGION = "eu-west-3"
NOW = 1_795_458_896
HOST = "localwsapi.execute-api.eu-west-3.amazonaws.com"
URL = f"https://{HOST}/local/@connections/AAAAAAAAAAAAAAA%3D"


@contextmanager
def at(second: int) -> Iterator[None]:
    """botocore signs with the time of day."""
    moment = datetime.fromtimestamp(second, UTC)
    with mock.patch.object(auth, "get_current_datetime", return_value=moment):
        yield


def clock_at(second: int = NOW) -> Clock:
    return Clock(machine_ns=lambda: second * 1_000_000_000)


def now(second: int = NOW) -> Milliseconds:
    return Milliseconds(second * 1000)


def signed(
    method: str = "POST",
    url: str = URL,
    body: bytes = b"x",
    *,
    key: str = "local",
    secret: str = "local",
    token: str | None = None,
    second: int = NOW,
    region: str = REGION,
    service: str = "execute-api",
    headers: dict[str, str] | None = None,
) -> Request:
    """With an Authorization header."""
    request = AWSRequest(method, url, data=body, headers=headers or {})
    with at(second):
        SigV4Auth(Credentials(key, secret, token), service, region).add_auth(request)
    return received(request)


def presigned(
    method: str = "GET",
    url: str = URL,
    *,
    key: str = "local",
    secret: str = "local",
    token: str | None = None,
    second: int = NOW,
    lifetime_s: int = 3600,
) -> Request:
    """With everything in the query."""
    return received(presigned_request(method, url, key, secret, token, second, lifetime_s))


def presigned_request(
    method: str,
    url: str,
    key: str = "local",
    secret: str = "local",
    token: str | None = None,
    second: int = NOW,
    lifetime_s: int = 3600,
) -> Any:
    request = AWSRequest(method, url)
    credentials = Credentials(key, secret, token)
    with at(second):
        SigV4QueryAuth(credentials, "execute-api", REGION, lifetime_s).add_auth(request)
    return request


def received(request: Any) -> Request:
    """What the gateway gets to see; the Host header is the HTTP library's to add."""
    parts = urlsplit(request.url)
    return Request(
        method=request.method,
        path=parts.path,
        query=parts.query,
        headers=(("Host", parts.netloc), *request.headers.items()),
        body=request.data or b"",
        source_ip="127.0.0.1",
        port=3001,
    )
