import asyncio

import pytest

from client.errors import RequestRefused
from client.presence import Present, TopicPresence, UsersPresence
from tests.client.stage import Stage

BODY = {
    "topic": "room:1",
    "count": 2,
    "users": [{"user_id": "bob", "connections": 2, "since": "noon"}],
    "truncated": True,
}


def test_who_is_in_a_topic() -> None:
    presence = TopicPresence.read(BODY)

    assert (presence.topic, presence.count, presence.truncated) == ("room:1", 2, True)
    assert presence.users == (Present("bob", 2, "noon"),)


def test_who_is_online() -> None:
    users = [{"user_id": "bob", "online": True, "connections": 1}, {"user_id": "eve"}]

    presence = UsersPresence.read({"users": users}).users

    assert (presence["bob"].online, presence["bob"].connections) == (True, 1)
    assert (presence["eve"].online, presence["eve"].since) == (False, None)


async def test_presence_is_asked_for_in_the_connection() -> None:
    async with Stage([]) as stage:
        await stage.steps({"client": "open"}, {"server": "welcome"})
        asking = asyncio.create_task(stage.client.presence("room:1"))
        await stage.steps(
            {"server": "expect", "frame": {"type": "presence", "topic": "room:1"}},
            {"server": "send", "frame": {"type": "presence_state", "id": "$", **BODY}},
        )
        assert (await asking).users[0].user_id == "bob"


async def test_presence_that_one_may_not_see() -> None:
    refusal = {"type": "error", "id": "$", "code": 4403, "topic": "room:1", "message": "no"}
    async with Stage([]) as stage:
        await stage.steps({"client": "open"}, {"server": "welcome"})
        asking = asyncio.create_task(stage.client.presence("room:1"))
        await stage.steps(
            {"server": "expect", "frame": {"type": "presence"}},
            {"server": "send", "frame": refusal},
        )
        with pytest.raises(RequestRefused, match="4403"):
            await asking
