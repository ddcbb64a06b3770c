"""$connect wants a signature and an API key: real handshakes."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response
from websockets.sync.client import connect

from local_server.testing import Running, emulator_in_thread
from tests.local_server.conftest import SAMPLE
from tests.local_server.signing import presigned_request, signed

GUARDED = SAMPLE.parent / "guarded" / "serverless.yml"
KEY = {"x-api-key": "partner-0123456789abcdef"}


@pytest.fixture(scope="module", params=[False, True], ids=["as it is", "verifying"])
def verifies(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def guarded(verifies: bool) -> Iterator[Running]:
    with emulator_in_thread(GUARDED, verify_signatures=verifies) as running:
        yield running


def ticket(guarded: Running, age_s: int = 0, key: str = "local", secret: str = "local") -> str:
    """The keyboard's own presigned address, good for a minute."""
    url, second = f"{guarded.http_url}/local", int(time.time()) - age_s
    request = presigned_request("GET", url, key, secret, second=second, lifetime_s=60)
    return str(request.url).replace("http://", "ws://")


def context(url: str, headers: dict[str, str]) -> dict[str, Any]:
    """What a message's handler is told of the connection."""
    with connect(url, additional_headers=headers) as socket:
        socket.send('{"kind": "show"}')
        told: dict[str, Any] = json.loads(socket.recv())
    return told


def refusal(url: str, headers: dict[str, str]) -> Response:
    with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=headers):
        pass
    return refused.value.response


def test_a_presigned_address_and_a_key_open__1_3_9__1_3_10__3_1_10(guarded: Running) -> None:
    identity = context(ticket(guarded), KEY)["identity"]
    assert identity == {
        "accountId": "000000000000",
        "caller": "AIDALOCAL",
        "user": "AIDALOCAL",
        "userArn": "arn:aws:iam::000000000000:user/local",
        "apiKey": "partner-0123456789abcdef",
        "apiKeyId": "partner",
        "userAgent": identity["userAgent"],
        "sourceIp": "127.0.0.1",
    }


def test_a_signed_upgrade_opens_too__1_3_9(guarded: Running) -> None:
    request = signed("GET", f"{guarded.http_url}/local", b"", second=int(time.time()))
    headers = dict(request.headers[1:])
    told = context(guarded.websocket_url, {**headers, **KEY})
    assert told["identity"]["userArn"] == "arn:aws:iam::000000000000:user/local"


def test_a_function_lets_a_browser_in_by_its_own_role__1_3_9(
    guarded: Running, verifies: bool
) -> None:
    url = httpx.get(f"{guarded.http_url}/ticket").json()["url"]
    user = context(url, KEY)["identity"]["userArn"]
    session = "assumed-role/guarded-local-eu-west-3-lambdaRole/guarded-local-ticket"
    # Without the flag everybody signs as the person at the keyboard.
    assert user == (
        f"arn:aws:sts::000000000000:{session}"
        if verifies
        else "arn:aws:iam::000000000000:user/local"
    )


def test_an_unsigned_upgrade_is_a_403__1_3_9(guarded: Running) -> None:
    response = refusal(guarded.websocket_url, KEY)
    assert (response.status_code, response.body) == (
        403,
        b'{"message":"Missing Authentication Token"}',
    )


@pytest.mark.parametrize(("key", "secret"), [("local", "guessed"), ("AKIAOTHER", "local")])
def test_a_signature_that_does_not_hold_is_a_403__1_3_9(
    guarded: Running, key: str, secret: str
) -> None:
    assert refusal(ticket(guarded, key=key, secret=secret), KEY).status_code == 403


def test_a_presigned_address_expires__1_3_9(guarded: Running) -> None:
    response = refusal(ticket(guarded, age_s=100), KEY)
    assert response.status_code == 403
    assert b"Signature expired" in (response.body or b"")


@pytest.mark.parametrize(
    "value", ["", "wrong", "former-0123456789abcdefg", "unplanned-0123456789abcd"]
)
def test_a_key_that_opens_nothing_is_a_403__1_3_10(guarded: Running, value: str) -> None:
    response = refusal(ticket(guarded), {"x-api-key": value} if value else {})
    assert (response.status_code, response.body) == (403, b'{"message":"Forbidden"}')


def test_a_key_in_the_query_is_not_seen__1_3_10(guarded: Running) -> None:
    url = f"{guarded.http_url}/local?x-api-key={KEY['x-api-key']}"
    request = presigned_request("GET", url, second=int(time.time()))
    assert refusal(request.url.replace("http://", "ws://"), {}).status_code == 403


def test_more_than_a_usage_plan_allows_is_a_429__1_3_10(guarded: Running) -> None:
    eager = {"x-api-key": "eager-0123456789abcdefgh"}
    context(ticket(guarded), eager)
    response = refusal(ticket(guarded), eager)
    assert (response.status_code, response.body) == (429, b'{"message":"Too Many Requests"}')
