import json
from collections.abc import Iterable
from typing import Any

import pytest

from notify.errors import Unavailable
from notify.marks import State
from notify.model import Action, Pattern, timestamp
from notify.ports import Audience
from tests.fakes import FakeSubscriptions
from tests.notify.conftest import World, broadcast, send


def say(world: World, connection_id: str, *ids: str, state: str = "read") -> list[dict[str, Any]]:
    text = json.dumps({"type": "mark", "id": "m", "ids": ids, "state": state})
    return world.say(connection_id, text)


def told(world: World, connection_id: str) -> list[dict[str, Any]]:
    """What a connection was sent beside notifications."""
    frames = world.gateway.frames(connection_id)
    return [frame for frame in frames if frame["type"] != "notification"]


def news(ids: list[str] | None, state: str, at: str, unread: int, unseen: int) -> list[Any]:
    return [
        {"type": "notification_updated", "ids": ids, "state": state, "at": at},
        {"type": "unread_count_changed", "unread": unread, "unseen": unseen},
    ]


# The verb


def test_a_mark_is_answered_with_how_many_and_the_counts(three: World) -> None:
    one = send(three, "alice").notification_id
    send(three, "alice")
    assert say(three, "c1", one, "unknown") == [
        {"type": "marked", "id": "m", "count": 1, "unread": 1, "unseen": 1}
    ]


def test_the_users_other_devices_hear_of_it_and_nobody_else(three: World) -> None:
    watching = {Pattern("user:*"): frozenset({Action.SUBSCRIBE})}
    three.open("c9", three.principal("auditor", caps=watching), "user:alice", "user:*")
    one = send(three, "alice").notification_id
    say(three, "c1", one)
    assert told(three, "c3") == news([one], "read", timestamp(three.clock()), 0, 0)
    assert [frame["type"] for frame in told(three, "c1")] == ["marked"]
    assert told(three, "c2") == told(three, "c9") == []


def test_each_device_hears_the_counts_of_its_own_inbox(three: World) -> None:
    three.open("c4", three.principal("alice", "member", "editor"))
    one = send(three, "alice").notification_id
    broadcast(three, "role:editor")
    say(three, "c1", one, state="archived")
    assert told(three, "c3")[-1]["unread"] == 0
    assert told(three, "c4")[-1]["unread"] == 1


def test_a_mark_that_finds_nothing_is_no_news(three: World) -> None:
    assert say(three, "c1", "unknown")[0]["count"] == 0
    assert told(three, "c3") == []


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"ids": [], "state": "read"}, "ids: "),
        ({"ids": ["x"] * 101, "state": "read"}, "ids: "),
        ({"ids": ["x" * 129], "state": "read"}, "ids[0]: "),
        ({"ids": "x", "state": "read"}, "ids: "),
        ({"ids": ["x"], "state": "deleted"}, "state: "),
        ({"ids": ["x"]}, "state: "),
        ({"state": "read"}, "ids: "),
    ],
)
def test_a_bad_mark_is_refused_by_the_name_of_its_field(
    three: World, fields: dict[str, Any], complaint: str
) -> None:
    (error,) = three.say("c1", json.dumps({"type": "mark", **fields}))
    assert (error["code"], error["message"][: len(complaint)]) == (4422, complaint)


# Over HTTP


def test_a_mark_over_http_is_news_to_all_devices(three: World) -> None:
    one = send(three, "alice").notification_id
    made = three.marker.mark(three.principal("alice", "member"), [one], State.SEEN)
    assert (made.ids, made.counts.unread, made.counts.unseen) == ([one], 1, 0)
    at = timestamp(three.clock())
    assert told(three, "c1") == told(three, "c3") == news([one], "seen", at, 1, 0)
    assert told(three, "c2") == []


@pytest.mark.parametrize("before", [None, 7])
def test_a_mark_all_is_told_without_ids(three: World, before: int | None) -> None:
    send(three, "alice")
    three.clock.advance(10)
    until = None if before is None else three.clock() - before
    counts = three.marker.mark_all(three.principal("alice", "member"), State.READ, until)
    assert (counts.unread, counts.unseen, counts.total) == (0, 0, 1)
    updated, changed = told(three, "c3")
    assert (updated["ids"], updated["state"]) == (None, "read")
    assert updated["before"] == (None if until is None else timestamp(until))
    assert (changed["unread"], changed["unseen"]) == (0, 0)


def test_a_mark_all_that_finds_nothing_is_no_news(three: World) -> None:
    send(three, "alice")
    three.marker.mark_all(three.principal("alice", "member"), State.READ, three.clock())
    assert told(three, "c3") == []


# Pushes that fail


def test_a_push_that_fails_never_fails_the_mark(three: World) -> None:
    one = send(three, "alice").notification_id
    three.gateway.throttled |= {"c3"}  # type: ignore[arg-type]
    assert say(three, "c1", one)[0]["count"] == 1
    assert three.later_queue.waiting == []


class Busy(FakeSubscriptions):
    def audiences(self, pattern: Pattern) -> list[Audience]:
        raise Unavailable("try again")

    def exactly(self, patterns: Iterable[Pattern]) -> list[Audience]:
        raise Unavailable("try again")


def test_devices_that_cannot_be_read_never_fail_the_mark(three: World) -> None:
    one = send(three, "alice").notification_id
    three.subscriptions = Busy(three.memory)
    assert say(three, "c1", one)[0]["count"] == 1


@pytest.mark.parametrize("state", ["read", "unread", "seen"])
def test_what_is_archived_is_no_news_whatever_it_is_marked(three: World, state: str) -> None:
    one = send(three, "alice").notification_id
    say(three, "c1", one, state="archived")
    before = told(three, "c3")
    say(three, "c1", one, state=state)
    assert told(three, "c3") == before


def test_an_archiving_that_is_repeated_is_answered_alike(three: World) -> None:
    one = send(three, "alice").notification_id
    first = say(three, "c1", one, state="archived")
    assert say(three, "c1", one, state="archived") == first
