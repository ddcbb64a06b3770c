"""What API Gateway never told, found by the sweep."""

import asyncio

import pytest

from local_server.testing import Fault, FaultKind
from tests.journeys.conftest import Service, running_service, say


async def test_a_connection_whose_disconnect_was_lost_is_swept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PROBE_MINUTES", "1")
    with running_service() as heliograph:
        heliograph.running.faults.add(Fault(FaultKind.DISCONNECT_LOST))
        _, token = heliograph.user("member")
        _, other = heliograph.user()
        async with heliograph.connect(token) as lost, heliograph.connect(other) as here:
            await lost.close()
            assert heliograph.stats()["websocket_connections"] == 2
            # A probe is due a minute after the handshake, and looked at in the minute after that.
            for _ in range(3):
                await heliograph.running.advance(60)
            async with asyncio.timeout(30):
                # It is taken out of one count after the other.
                while counts(heliograph) != (1, 1, 2):
                    await asyncio.sleep(0.05)
            pong = await say(here, type="ping")
    assert pong["type"] == "pong"


def counts(heliograph: Service) -> tuple[int, int, int]:
    stats = heliograph.stats()
    return stats["websocket_connections"], stats["user_connections"], stats["topics"]
