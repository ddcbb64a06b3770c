import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from notify.feeding import MAX_BELOW
from notify.model import Action, ConnectionId, Pattern
from notify.resuming import MAX_REPLAYED_IN_ALL
from tests.notify.conftest import World, broadcast, send

Frames = list[dict[str, Any]]
MINUTE_MS = 60_000


def hello(world: World, *topics: str, **positions: Any) -> Frames:
    """`orders__eu=3` is a position in the stream `orders:eu`; anything but a number is as it is."""
    resume = {
        name.replace("__", ":"): {"epoch": "epoch", "seq": seq} if isinstance(seq, int) else seq
        for name, seq in positions.items()
    }
    return say_hello(world, resume, *topics)


def say_hello(world: World, resume: dict[str, Any], *topics: str) -> Frames:
    message = {"type": "hello", "id": "h", "topics": topics, "resume": resume}
    return world.say("c1", json.dumps(message))


def replayed(frames: Frames) -> list[tuple[str, int]]:
    notifications = [frame for frame in frames if frame["type"] == "notification"]
    assert all(frame["replay"] for frame in notifications)
    return [(frame["stream"], frame["seq"]) for frame in notifications]


def outcome(frames: Frames, stream: str) -> tuple[Any, ...]:
    """seq, recovered, replayed, has_more, reason."""
    entry = frames[0]["resume"][stream]
    fields = ("seq", "recovered", "replayed", "has_more")
    return (*(entry[field] for field in fields), entry.get("reason"))


def test_what_was_missed_follows_the_welcome_in_order(alice: World) -> None:
    for _ in range(3):
        send(alice, "alice")
    frames = hello(alice, user__alice=1)
    assert frames[0]["type"] == "welcome"
    assert outcome(frames, "user:alice") == (3, True, 2, False, None)
    assert replayed(frames) == [("user:alice", 2), ("user:alice", 3)]


def test_who_has_missed_nothing_is_told_so(alice: World) -> None:
    send(alice, "alice")
    frames = hello(alice, user__alice=1)
    assert outcome(frames, "user:alice") == (1, True, 0, False, None)
    assert replayed(frames) == []


def test_a_position_that_was_not_given_is_told(alice: World) -> None:
    send(alice, "alice")
    assert outcome(hello(alice), "user:alice") == (1, False, 0, False, "no_position")


def test_every_stream_that_feeds_is_named(alice: World) -> None:
    for pattern in ("orders:*", "orders:eu", "news"):
        broadcast(alice, pattern)
    resume = hello(alice, "orders:eu", "news")[0]["resume"]
    own = {"general", "role:member", "tenant:acme", "user:alice"}
    assert set(resume) == {"orders:eu", "orders:*", "news"} | own
    assert resume["orders:*"]["seq"] == 1


def test_errors_come_between_the_welcome_and_what_is_replayed(alice: World) -> None:
    send(alice, "alice")
    frames = hello(alice, "user:bob", user__alice=0)
    assert [frame["type"] for frame in frames] == ["welcome", "error", "notification"]


def test_another_epoch_is_no_position_in_this_one(alice: World) -> None:
    send(alice, "alice")
    frames = say_hello(alice, {"user:alice": {"epoch": "older", "seq": 0}})
    assert outcome(frames, "user:alice") == (1, False, 0, False, "epoch_changed")
    assert replayed(frames) == []


def test_a_position_ahead_of_the_stream_is_none(alice: World) -> None:
    send(alice, "alice")
    assert outcome(hello(alice, user__alice=2), "user:alice") == (
        1, False, 0, False, "position_ahead",
    )  # fmt: skip


def test_what_has_expired_is_no_silent_gap_and_what_is_left_is_replayed(alice: World) -> None:
    send(alice, "alice", ttl_seconds=60)
    send(alice, "alice")
    alice.clock.advance(MINUTE_MS)
    frames = hello(alice, user__alice=0)
    assert outcome(frames, "user:alice") == (2, False, 1, False, "expired")
    assert replayed(frames) == [("user:alice", 2)]
    assert outcome(hello(alice, user__alice=1), "user:alice") == (2, True, 1, False, None)


@pytest.mark.parametrize(
    "position",
    [
        None, 7, "x", [], {}, {"epoch": "epoch"}, {"seq": 1}, {"epoch": "epoch", "seq": -1},
        {"epoch": "epoch", "seq": True}, {"epoch": "epoch", "seq": 10**30}, {"epoch": 1, "seq": 1},
        {"epoch": "epoch", "seq": 2**53},
    ],
)  # fmt: skip
def test_what_is_no_position_costs_no_other_stream(alice: World, position: Any) -> None:
    send(alice, "alice")
    broadcast(alice, "general")
    begin = {"epoch": "epoch", "seq": 0}
    frames = say_hello(alice, {"user:alice": position, "no such:": begin, "general": begin})
    assert outcome(frames, "user:alice") == (1, False, 0, False, "invalid")
    assert outcome(frames, "no such:") == (None, False, 0, False, "invalid")
    assert replayed(frames) == [("general", 1)]


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        ("user:bob", "forbidden"),
        ("user:*", "forbidden"),
        ("*", "forbidden"),
        ("role:admin", "forbidden"),
        ("news", "not_subscribed"),
    ],
)
def test_a_stream_that_feeds_nothing_of_theirs_is_told_nothing_about(
    alice: World, stream: str, reason: str
) -> None:
    for pattern in ("user:bob", "role:admin", "news", "*"):
        broadcast(alice, pattern)
    frames = say_hello(alice, {stream: {"epoch": "epoch", "seq": 0}})
    assert outcome(frames, stream) == (None, False, 0, False, reason)
    assert frames[0]["resume"][stream]["epoch"] is None
    assert replayed(frames) == []


def test_a_capability_resumes_what_it_may_read(world: World) -> None:
    caps = {Pattern("user:bob"): frozenset({Action.HISTORY})}
    world.open("c1", world.principal("alice", caps=caps))
    send(world, "bob")
    frames = hello(world, user__bob=0)
    assert replayed(frames) == [("user:bob", 1)]


def test_a_stream_that_never_began_is_numbered_anew(alice: World) -> None:
    subscribed = hello(alice, "orders:*", orders__eu=4)
    assert outcome(subscribed, "orders:eu") == (None, False, 0, False, "epoch_changed")


def test_who_is_excluded_gets_nothing_of_it_and_misses_nothing(alice: World) -> None:
    broadcast(alice, "general", exclude_user_ids=["alice"])
    broadcast(alice, "general")
    frames = hello(alice, general=0)
    assert outcome(frames, "general") == (2, True, 1, False, None)
    assert replayed(frames) == [("general", 2)]


# Wildcards


def test_a_broadcast_to_a_wildcard_is_resumed_by_who_has_a_topic_below_it(alice: World) -> None:
    broadcast(alice, "orders:*")
    known = hello(alice, "orders:eu")[0]["resume"]
    broadcast(alice, "orders:*")
    broadcast(alice, "orders:eu")
    frames = say_hello(alice, known)
    assert sorted(replayed(frames)) == [("orders:*", 2), ("orders:eu", 1)]


def test_a_topic_born_below_a_resumed_wildcard_is_replayed_from_its_beginning(
    alice: World,
) -> None:
    known = hello(alice, "orders:*")[0]["resume"]
    for _ in range(2):
        broadcast(alice, "orders:new")
    frames = say_hello(alice, known)
    assert outcome(frames, "orders:new") == (2, True, 2, False, None)
    assert replayed(frames) == [("orders:new", 1), ("orders:new", 2)]


def test_a_wildcard_born_over_a_resumed_topic_is_replayed_from_its_beginning(
    alice: World,
) -> None:
    known = hello(alice, "orders:eu")[0]["resume"]
    broadcast(alice, "orders:*")
    assert replayed(say_hello(alice, known)) == [("orders:*", 1)]


def test_what_feeds_only_a_topic_that_is_not_resumed_is_not_replayed(alice: World) -> None:
    broadcast(alice, "orders:*")
    frames = hello(alice, "orders:eu", user__alice=0)
    assert outcome(frames, "orders:*") == (1, False, 0, False, "no_position")


def test_a_crowd_below_a_wildcard_is_told(alice: World) -> None:
    known = hello(alice, "orders:*")[0]["resume"]
    for number in range(MAX_BELOW + 1):
        broadcast(alice, f"orders:{number}")
    frames = say_hello(alice, known | {"orders:7": {"epoch": "epoch", "seq": 0}})
    assert outcome(frames, "orders:*") == (0, False, 0, False, "too_many_topics")
    assert outcome(frames, "orders:7") == (1, True, 1, False, None)
    assert "orders:8" not in frames[0]["resume"]
    assert outcome(hello(alice), "orders:*")[-1] == "too_many_topics"


# Limits


def test_at_most_a_hundred_of_a_stream_and_the_rest_by_replay(alice: World) -> None:
    for _ in range(103):
        send(alice, "alice")
    frames = hello(alice, user__alice=1)
    assert outcome(frames, "user:alice") == (101, True, 100, True, None)
    assert replayed(frames) == [("user:alice", seq) for seq in range(2, 102)]


def test_at_most_two_hundred_in_all(alice: World) -> None:
    for _ in range(100):
        send(alice, "alice")
        broadcast(alice, "general")
    broadcast(alice, "role:member")
    frames = hello(alice, user__alice=0, general=1, role__member=0)
    assert len(replayed(frames)) == MAX_REPLAYED_IN_ALL
    assert outcome(frames, "general") == (100, True, 99, False, None)
    assert outcome(frames, "role:member") == (1, True, 1, False, None)
    broadcast(alice, "tenant:acme")
    full = hello(alice, user__alice=0, general=0, tenant__acme=0)
    assert outcome(full, "tenant:acme") == (0, True, 0, True, None)


# Whatever happens in between


MORE_THAN_CALLS = 30


class Meddled:
    """A port at whose call number `at` something happens first."""

    def __init__(self, port: Any, calls: Iterator[int], at: int, do: Callable[[], object]) -> None:
        self._port, self._calls, self._at, self._do = port, calls, at, do

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            if next(self._calls) == self._at:
                self._do()
            return operation(*args, **kwargs)

        return call


@pytest.mark.parametrize("pattern", ["orders:eu", "orders:*", "general", "orders:new"])
@pytest.mark.parametrize("at", range(MORE_THAN_CALLS))
def test_a_broadcast_at_any_point_of_a_hello_is_pushed_or_replayed_or_both(
    alice: World, pattern: str, at: int
) -> None:
    known = hello(alice, "orders:eu", "orders:*")[0]["resume"]
    alice.connections.close(ConnectionId("c1"))
    missed = broadcast(alice, pattern).notification_id
    alice.open("c1", alice.principal("alice", "member", tenant="acme"))
    streams, connections, calls = alice.streams, alice.connections, iter(range(1000))
    between: list[str] = []

    def meddle() -> None:
        alice.streams, alice.connections = streams, connections
        between.append(broadcast(alice, pattern).notification_id)
        alice.streams, alice.connections = meddled

    meddled: tuple[Any, Any] = (
        Meddled(alice.streams, calls, at, meddle),
        Meddled(alice.connections, calls, at, meddle),
    )
    alice.streams, alice.connections = meddled
    before = len(alice.gateway.frames("c1"))
    say_hello(alice, known, "orders:eu", "orders:*")
    heard = [frame.get("id") for frame in alice.gateway.frames("c1")[before:]]
    assert {missed, *between} <= set(heard)
    made = next(calls)
    assert len(between) == (at < made)
    assert 8 < made < MORE_THAN_CALLS


# Since


def subscribe(world: World, since: dict[str, Any], *topics: str) -> Frames:
    message = {"type": "subscribe", "id": "s", "topics": topics, "since": since}
    return world.say("c1", json.dumps(message))


def at(seq: int) -> dict[str, Any]:
    return {"epoch": "epoch", "seq": seq}


def shape(frames: Frames) -> list[tuple[Any, ...]]:
    return [(frame["type"], frame["topic"], frame.get("seq")) for frame in frames]


def test_what_was_missed_follows_each_subscribed(alice: World) -> None:
    for topic in ("a", "a", "b"):
        broadcast(alice, topic)
    frames = subscribe(alice, {"a": at(1), "b": at(0)}, "a", "user:bob", "b", "c")
    assert shape(frames) == [
        ("subscribed", "a", 2),
        ("notification", "a", 2),
        ("error", "user:bob", None),
        ("subscribed", "b", 1),
        ("notification", "b", 1),
        ("subscribed", "c", 0),
    ]
    first = frames[0]
    assert (first["recovered"], first["replayed"], first["has_more"]) == (True, 1, False)
    assert "recovered" not in frames[-1]


def test_subscribed_reports_what_else_feeds_the_topic(alice: World) -> None:
    broadcast(alice, "orders:*")
    (frame,) = subscribe(alice, {}, "orders:eu")
    assert set(frame["streams"]) == {"orders:*"}
    assert (frame["streams"]["orders:*"]["seq"], frame["seq"]) == (1, 0)


def test_a_stream_that_feeds_two_topics_is_replayed_once(alice: World) -> None:
    broadcast(alice, "orders:*")
    since = {"orders:eu": at(0), "orders:us": at(0), "orders:*": at(0)}
    frames = subscribe(alice, since, "orders:eu", "orders:us")
    assert [frame["type"] for frame in frames] == ["subscribed", "notification", "subscribed"]
    assert frames[2]["streams"]["orders:*"]["recovered"] is True


@pytest.mark.parametrize(
    ("position", "reason"),
    [
        ({"epoch": "older", "seq": 1}, "epoch_changed"),
        ({"epoch": "epoch", "seq": 2}, "position_ahead"),
        (7, "invalid"),
    ],
)
def test_a_topic_whose_gap_cannot_be_excluded_says_so(
    alice: World, position: Any, reason: str
) -> None:
    broadcast(alice, "a")
    (frame,) = subscribe(alice, {"a": position}, "a")
    assert (frame["recovered"], frame["reason"], frame["seq"]) == (False, reason, 1)


def test_a_crowd_is_told_to_who_gave_no_position_too(alice: World) -> None:
    for number in range(MAX_BELOW + 1):
        broadcast(alice, f"orders:{number}")
    (frame,) = subscribe(alice, {}, "orders:*")
    assert (frame["recovered"], frame["reason"]) == (False, "too_many_topics")


def test_a_message_replays_at_most_two_hundred(alice: World) -> None:
    for topic in ("a", "b", "c"):
        for _ in range(100):
            broadcast(alice, topic)
    frames = subscribe(alice, {topic: at(0) for topic in "abc"}, "a", "b", "c")
    assert len(frames) == 3 + MAX_REPLAYED_IN_ALL
    assert (frames[-1]["has_more"], frames[-1]["seq"]) == (True, 0)
