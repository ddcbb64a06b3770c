"""Pings that API Gateway answers by itself (infra/pong.yml)."""

import time
from collections.abc import Iterator

import pytest

from client import Heliograph
from tests.journeys.conftest import Service, running_service, say


@pytest.fixture(scope="module")
def heliograph() -> Iterator[Service]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PONG", "gateway")
        with running_service() as made:
            yield made


async def test_a_ping_is_answered_without_a_function(heliograph: Service) -> None:
    _, token = heliograph.user()
    async with heliograph.connect(token) as socket:
        pong = await say(socket, type="ping", id="7")
        unnamed = await say(socket, type="ping")
    assert pong.keys() == {"type", "id", "timestamp"}
    assert (pong["type"], pong["id"], unnamed["id"]) == ("pong", "7", "")
    assert abs(pong["timestamp"] - time.time() * 1000) < 60_000
    assert "message" not in {each.function for each in heliograph.running.invocations}


async def test_our_client_takes_it(heliograph: Service) -> None:
    _, token = heliograph.user()
    async with Heliograph(heliograph.running.http_url, token) as client:
        assert await client.ping() >= 0
