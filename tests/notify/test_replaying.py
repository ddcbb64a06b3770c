import json
from typing import Any

import pytest

from notify.model import Action, Pattern
from tests.notify.conftest import World, broadcast, send

Frames = list[dict[str, Any]]


def replay(world: World, stream: str = "user:alice", after: int = 0, **fields: Any) -> Frames:
    message = {"type": "replay", "id": "r", "stream": stream, "epoch": "epoch", "after_seq": after}
    return world.say("c1", json.dumps(message | fields))


def test_the_notifications_come_first_and_then_where_they_end(alice: World) -> None:
    for _ in range(3):
        send(alice, "alice")
    *notifications, end = replay(alice, after=1)
    assert [(frame["seq"], frame["replay"]) for frame in notifications] == [(2, True), (3, True)]
    assert end == {
        "type": "replayed",
        "id": "r",
        "stream": "user:alice",
        "epoch": "epoch",
        "seq": 3,
        "has_more": False,
    }


def test_no_more_than_the_limit(alice: World) -> None:
    for _ in range(3):
        send(alice, "alice")
    frames = replay(alice, limit=2)
    assert (len(frames), frames[-1]["seq"], frames[-1]["has_more"]) == (3, 2, True)


def test_nothing_follows_the_head(alice: World) -> None:
    send(alice, "alice")
    (end,) = replay(alice, after=1)
    assert (end["seq"], end["has_more"]) == (1, False)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"epoch": "older"}, "epoch_changed"),
        ({"after_seq": 2}, "position_ahead"),
        ({"after_seq": 2**53 - 1}, "position_ahead"),
    ],
)
def test_a_position_that_cannot_be_served_is_named_with_where_to_go_on(
    alice: World, fields: dict[str, Any], reason: str
) -> None:
    send(alice, "alice")
    (error,) = replay(alice, **fields)
    assert (error["code"], error["id"], error["reason"]) == (4410, "r", reason)
    assert error["message"].startswith(reason)
    assert (error["epoch"], error["seq"], error["fatal"]) == ("epoch", 1, False)


def test_a_stream_without_a_beginning_has_no_place_to_go_on(alice: World) -> None:
    (error,) = replay(alice)
    assert (error["code"], error["reason"]) == (4410, "epoch_changed")
    assert "seq" not in error


def test_a_gap_is_named_and_jumped_over(alice: World) -> None:
    for ttl_seconds in (3600, 60, 60, 3600):
        send(alice, "alice", ttl_seconds=ttl_seconds)
    alice.clock.advance(60_000)
    first, end = replay(alice)
    assert (first["seq"], end["seq"], end["has_more"]) == (1, 1, True)
    (error,) = replay(alice, after=end["seq"])
    assert (error["code"], error["reason"], error["seq"]) == (4410, "expired", 3)
    last, end = replay(alice, after=error["seq"])
    assert (last["seq"], end["seq"], end["has_more"]) == (4, 4, False)


def test_who_is_excluded_gets_nothing_of_it(alice: World) -> None:
    broadcast(alice, "general", exclude_user_ids=["alice"])
    (end,) = replay(alice, "general")
    assert end["seq"] == 1


@pytest.mark.parametrize(
    ("stream", "code"),
    [("user:bob", 4403), ("role:admin", 4403), ("*", 4403), ("news", 4404), ("no such:", 4422)],
)
def test_a_stream_that_is_not_theirs_is_refused(alice: World, stream: str, code: int) -> None:
    broadcast(alice, "news")
    (error,) = replay(alice, stream)
    assert (error["code"], error["id"]) == (code, "r")


def test_a_capability_reads_without_a_subscription(world: World) -> None:
    caps = {Pattern("user:*"): frozenset({Action.HISTORY})}
    world.open("c1", world.principal("alice", caps=caps))
    send(world, "bob")
    assert [frame["type"] for frame in replay(world, "user:bob")] == ["notification", "replayed"]
