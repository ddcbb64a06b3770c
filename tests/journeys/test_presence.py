"""Who is in a room, who comes and who leaves it."""

import asyncio
import json
import time
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from notify.noticing import LEAVE_SECONDS
from tests.journeys.conftest import Service, receive, say

ATTEMPTS = 5


async def told(socket: ClientConnection) -> tuple[Any, ...]:
    frame = await receive(socket)
    return frame["type"], frame["user_id"], frame["count"]


async def leave_was_looked_into(service: Service, room: str) -> None:
    """Once the job that the first connection has left behind is done, five seconds later."""
    async with asyncio.timeout(20):
        while not any(is_leave_of(event, room) for event in service.running.events):
            await asyncio.sleep(0.05)


def is_leave_of(event: Any, room: str) -> bool:
    jobs = [json.loads(record["body"]) for record in event.get("Records", ())]
    return any((job.get("type"), job.get("topic")) == ("leave", room) for job in jobs)


async def test_a_quick_reconnect_is_not_told_and_who_leaves_for_good_is(
    heliograph: Service,
) -> None:
    for _ in range(ATTEMPTS):
        if await is_back_in_time(heliograph):
            return
    pytest.fail("nobody is ever back in time on this machine")


async def is_back_in_time(heliograph: Service) -> bool:
    """Whether bob was: on a slow machine he may really have left for five seconds."""
    alice, alices_token = heliograph.user()
    bob, bobs_token = heliograph.user()
    room = f"room:{alice}"
    async with heliograph.connect(alices_token) as socket:
        await say(socket, type="subscribe", topics=[room])
        async with heliograph.connect(bobs_token) as first:
            await say(first, type="subscribe", topics=[room])
            assert await told(socket) == ("presence_join", bob, 2)
            left_at = time.monotonic()
        async with heliograph.connect(bobs_token) as again:
            await say(again, type="subscribe", topics=[room])
            if time.monotonic() - left_at >= LEAVE_SECONDS:
                return False
            state = await say(again, type="presence", id="p", topic=room)
            await leave_was_looked_into(heliograph, room)
            assert (await say(socket, type="ping"))["type"] == "pong"
        assert await told(socket) == ("presence_leave", bob, 1)
    assert (state["id"], state["count"], state["truncated"]) == ("p", 2, False)
    assert {user["user_id"] for user in state["users"]} == {alice, bob}
    return True
