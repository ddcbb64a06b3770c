import json
from pathlib import Path

from tests.client.command_line import ask
from tests.client.scripted import HttpAnswer, Json
from tests.client.terminals import FakeTerminal


async def test_who_is_online(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)
    users = [
        {"user_id": "alice", "online": True, "connections": 2, "since": "?"},
        {"user_id": "bob", "online": False, "connections": 0, "since": None},
    ]

    status, request = await ask(
        "GET /api/v1/presence",
        HttpAnswer(200, {"users": users}),
        ["presence", "users", "alice,bob"],
        fake,
    )

    assert (status, request.query) == (0, {"user_ids": "alice,bob"})
    assert fake.out.splitlines() == [
        "user   online  connections  since",
        "alice  yes               2  ?",
        "bob    no                0",
    ]


TOPIC = {
    "topic": "room:1",
    "count": 1,
    "users": [{"user_id": "bob", "connections": 1, "since": "?"}],
    "truncated": False,
}


async def of_room(fake: FakeTerminal, answer: Json, *line: str) -> None:
    path = "GET /api/v1/presence/topics/room:1"
    status, _ = await ask(
        path, HttpAnswer(200, answer), ["presence", "topic", "room:1", *line], fake
    )
    assert status == 0, fake.err


async def test_who_is_in_a_topic(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    await of_room(fake, TOPIC)

    assert fake.out.splitlines() == [
        "user  connections  since",
        "bob             1  ?",
        "",
        "1 user in room:1",
    ]


async def test_an_empty_topic_and_a_crowded_one(tmp_path: Path) -> None:
    empty, crowded = FakeTerminal(tmp_path), FakeTerminal(tmp_path)

    await of_room(empty, {**TOPIC, "count": 0, "users": []})
    await of_room(crowded, {**TOPIC, "count": 900, "truncated": True})

    assert empty.out == "0 users in room:1\n"
    assert crowded.out.endswith("900 users or more in room:1\n")


async def test_presence_as_json(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    await of_room(fake, TOPIC, "--json")

    assert json.loads(fake.out) == TOPIC
