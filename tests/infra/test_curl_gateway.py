"""What only the gateway over libcurl does; what both do is in test_gateway.py."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.access_keys import AccessKey, AccessKeyError
from infra.curl import Retries
from infra.curl_gateway import CurlGateway, in_path
from local_server.testing import Running, emulator_in_thread
from notify.model import ConnectionId
from notify.ports import Outcome
from tests.aws import REGION
from tests.gateway_server import GatewayServer

SIGNED = Path(__file__).parents[1] / "local_server" / "sample" / "signed" / "serverless.yml"
HERE, LOST = ConnectionId("AAAAAAAAAAAAAAA="), ConnectionId("lost")
ONCE = Retries(attempts=1, pause=lambda attempt: 0.0)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_call_says_once_what_went_wrong_and_how_often(
    gateway_server: GatewayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [ConnectionId(f"c{number}") for number in range(5)]
    gateway_server.throttled |= set(ids[:3])
    gateway_server.first[ids[3]] = [500]
    dict(CurlGateway(gateway_server.url, REGION, retries=ONCE).post_each(dict.fromkeys(ids, b"{}")))
    said = lines(capsys.readouterr().out)
    assert {(line["level"], line["event"]) for line in said} == {("warning", "post_failed")}
    assert [(line["error"], line["times"]) for line in said] == [("429", 3), ("500", 1)]


def test_a_400_that_says_nothing_of_the_id_forgets_nobody(gateway_server: GatewayServer) -> None:
    gateway_server.unreadable |= {LOST}
    gateway = CurlGateway(gateway_server.url, REGION)
    assert gateway.post(LOST, b"{}") is Outcome.FAILED
    assert gateway.is_open(LOST)


def test_a_peer_that_hangs_is_a_failure(
    gateway_server: GatewayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway_server.hanging |= {HERE}
    gateway = CurlGateway(gateway_server.url, REGION, total_ms=200)
    assert gateway.post(HERE, b"{}") is Outcome.FAILED
    assert lines(capsys.readouterr().out)[0]["error"] == "operation_timedout"


def test_without_an_access_key_nothing_is_posted_and_nobody_forgotten(
    gateway_server: GatewayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    def find() -> AccessKey:
        raise AccessKeyError("no access key")

    gateway = CurlGateway(gateway_server.url, REGION, find=find)
    assert dict(gateway.post_each({HERE: b"", LOST: b""})) == {
        HERE: Outcome.FAILED,
        LOST: Outcome.FAILED,
    }
    assert gateway.is_open(HERE)
    assert gateway_server.requests == []
    assert lines(capsys.readouterr().out)[0]["error"] == "no access key"


@pytest.fixture(scope="module")
def verifying() -> Iterator[Running]:
    with emulator_in_thread(SIGNED, verify_signatures=True) as running:
        yield running


async def test_the_emulator_takes_its_signatures_and_nobody_elses(verifying: Running) -> None:
    gateway = CurlGateway(
        f"{verifying.http_url}/local", "eu-west-3", find=lambda: AccessKey("local", "local")
    )
    stranger = CurlGateway(
        f"{verifying.http_url}/local", "eu-west-3", find=lambda: AccessKey("local", "guessed")
    )
    async with await verifying.connect() as client:
        here = ConnectionId(client.connection_id)
        assert stranger.post(here, b"x") is Outcome.FAILED
        assert gateway.post(here, b"hello") is Outcome.POSTED
        assert await client.receive_text() == "hello"
        assert gateway.is_open(here)
        gateway.disconnect(here)
        assert gateway.post(here, b"x") is Outcome.GONE
        assert gateway.post(ConnectionId("never given out"), b"x") is Outcome.GONE


@given(st.text())
def test_an_id_is_written_in_a_path_as_the_standard_library_does(text: str) -> None:
    assert in_path(text) == quote(text, safe="")
