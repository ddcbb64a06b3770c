"""What clients of services of this kind get wrong, and this one does not: a test a fault."""

import asyncio
from collections import Counter
from random import Random

import pytest

from client.backoff import Backoff
from client.errors import ConnectionLost, Refused
from client.heliograph import Heliograph
from client.recovery import Recovery
from tests.client.manual_time import ManualTime
from tests.client.scripted import Json, Peer, ScriptedGateway


async def test_patterns_are_subscribed_again_after_a_reconnect() -> None:
    hellos: list[Json] = []

    async def welcome_then_break(peer: Peer) -> None:
        hellos.append(await peer.welcome())
        peer.abort()

    async def welcome_and_stay(peer: Peer) -> None:
        hellos.append(await peer.welcome())
        await peer.stay()

    async with ScriptedGateway(welcome_then_break, welcome_and_stay) as gateway:
        time, arrived = ManualTime(), asyncio.Event()
        client = Heliograph(
            gateway.url,
            "t",
            topics=["orders:*"],
            on_change=lambda change: arrived.set() if len(hellos) == 2 else None,
            clock=time.clock,
            sleep=time.sleep,
        )
        async with client:
            await time.pass_sleep()
            await arrived.wait()
    assert [hello["topics"] for hello in hellos] == [["orders:*"], ["orders:*"]]


def test_retries_do_not_end_after_five_tries() -> None:
    recovery = Recovery(Backoff(Random(1).random), renewable=True)
    delays = [recovery.delay_after(ConnectionLost("lost"), None) for _ in range(500)]
    assert max(delays) <= 60
    assert len(delays) == 500


def test_a_stale_token_is_renewed_and_not_tried_for_ever() -> None:
    recovery = Recovery(Backoff(lambda: 0.5), renewable=True)
    refused = Refused(4001, "Authentication failed", "unauthorized")
    assert recovery.delay_after(refused, None) == 0
    with pytest.raises(Refused):
        recovery.delay_after(refused, None)


def test_a_thousand_clients_that_lost_one_server_do_not_come_back_at_once() -> None:
    """API Gateway takes 500 new connections a second."""
    dice = [Random(seed) for seed in range(1000)]
    first = [
        Recovery(Backoff(die.random), renewable=True).delay_after(ConnectionLost("lost"), 60)
        for die in dice
    ]
    busiest = max(Counter(int(delay * 10) for delay in first).values())
    assert busiest < 200, "so many within a tenth of a second"
