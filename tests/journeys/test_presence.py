"""Who is in a room, who comes and who leaves it."""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.journeys.conftest import Service, receive, say


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
    alice, alices_token = heliograph.user()
    bob, bobs_token = heliograph.user()
    room = f"room:{alice}"
    async with heliograph.connect(alices_token) as socket:
        await say(socket, type="subscribe", topics=[room])
        async with heliograph.connect(bobs_token) as first:
            await say(first, type="subscribe", topics=[room])
            assert await told(socket) == ("presence_join", bob, 2)
        async with heliograph.connect(bobs_token) as again:
            await say(again, type="subscribe", topics=[room])
            state = await say(again, type="presence", id="p", topic=room)
            await leave_was_looked_into(heliograph, room)
            assert (await say(socket, type="ping"))["type"] == "pong"
        assert await told(socket) == ("presence_leave", bob, 1)
    assert (state["id"], state["count"], state["truncated"]) == ("p", 2, False)
    assert {user["user_id"] for user in state["users"]} == {alice, bob}
