import json

import pytest

from notify.errors import Unavailable, Unknown
from notify.model import Action, Connection, ConnectionId, Pattern, Position, timestamp
from notify.topics import ANYTHING, TopicPolicy
from tests.fakes import FakeConnections, FakeStreams
from tests.notify.conftest import World, subscribe, summary, topics_of

C1 = ConnectionId("c1")


# Subscribing


def test_subscribe_answers_each_topic_with_the_head_of_its_stream(alice: World) -> None:
    (frame,) = subscribe(alice, "orders:eu")
    assert frame == {
        "type": "subscribed",
        "id": "s",
        "topic": "orders:eu",
        "pattern": "orders:eu",
        "epoch": "epoch",
        "seq": 0,
        "timestamp": timestamp(alice.clock()),
        "streams": {},
    }
    assert "orders:eu" in topics_of(alice)


def test_one_refused_topic_never_costs_the_others(alice: World) -> None:
    frames = subscribe(alice, "user:bob", "orders:eu", "no good", "*", "orders:*")
    assert summary(frames) == [
        ("error", "user:bob", 4403),
        ("subscribed", "orders:eu", None),
        ("error", "no good", 4422),
        ("error", "*", 4403),
        ("subscribed", "orders:*", None),
    ]
    assert {frame["id"] for frame in frames} == {"s"}
    assert {"orders:eu", "orders:*"} <= topics_of(alice)


def test_subscribe_is_idempotent(alice: World) -> None:
    first, again = subscribe(alice, "orders:eu"), subscribe(alice, "orders:eu")
    assert summary(first) == summary(again) == [("subscribed", "orders:eu", None)]
    assert len(alice.memory.members[Pattern("orders:eu")]) == 1


def test_a_topic_that_is_asked_for_twice_is_answered_once(alice: World) -> None:
    assert len(subscribe(alice, "orders:eu", "orders:eu")) == 1


def test_an_implicit_topic_may_be_asked_for(alice: World) -> None:
    frames = subscribe(alice, "general", "role:member", "user:alice")
    assert [frame["type"] for frame in frames] == ["subscribed"] * 3


@pytest.mark.parametrize(
    "topic", ["user:bob", "user:*", "role:admin", "role:*", "tenant:other", "tenant:*", "*"]
)
def test_what_names_somebody_else_is_forbidden(alice: World, topic: str) -> None:
    (frame,) = subscribe(alice, topic)
    assert (frame["code"], frame["name"], frame["fatal"]) == (4403, "forbidden_topic", False)
    assert topic not in topics_of(alice)


def test_a_capability_opens_what_names_somebody_else(world: World) -> None:
    caps = {Pattern("user:bob"): frozenset({Action.SUBSCRIBE})}
    world.open("c1", world.principal("alice", caps=caps))
    assert summary(subscribe(world, "user:bob")) == [("subscribed", "user:bob", None)]


def test_where_no_topic_is_public_only_ones_own_are_open(world: World) -> None:
    world.policy = TopicPolicy(())
    world.open("c1", world.principal("alice"))
    assert [frame.get("code") for frame in subscribe(world, "general", "news")] == [None, 4403]


def test_a_hundred_topics_and_the_implicit_ones_are_held(alice: World) -> None:
    topics = [f"t{number}" for number in range(100)]
    assert {frame["type"] for frame in subscribe(alice, *topics)} == {"subscribed"}
    (frame,) = subscribe(alice, "one.more")
    assert (frame["code"], frame["topic"]) == (4422, "one.more")
    assert len(topics_of(alice)) == 104


def test_a_full_connection_has_room_again_behind_an_unsubscribe(alice: World) -> None:
    subscribe(alice, *(f"t{number}" for number in range(100)))
    alice.say("c1", '{"type":"unsubscribe","topics":["t0"]}')
    assert summary(subscribe(alice, "one.more")) == [("subscribed", "one.more", None)]


def test_the_alias_subscribes_to_one_pattern(alice: World) -> None:
    (frame,) = alice.say("c1", '{"type":"subscribe_pattern","pattern":"orders:*"}')
    assert (frame["type"], frame["pattern"], "id" in frame) == ("subscribed", "orders:*", False)
    assert "orders:*" in topics_of(alice)


def test_everything_at_once_is_no_subscription_whatever_the_token_allows(world: World) -> None:
    caps = {ANYTHING: frozenset({Action.SUBSCRIBE})}
    world.open("c1", world.principal("alice", caps=caps))
    assert summary(subscribe(world, "*", "user:bob")) == [
        ("error", "*", 4422),
        ("subscribed", "user:bob", None),
    ]


class ClosingConnections(FakeConnections):
    """The connection is closed by somebody between the read and the write."""

    def subscribe(self, connection: Connection, pattern: Pattern, limit: int) -> None:
        self.close(connection.id)
        super().subscribe(connection, pattern, limit)


def test_a_connection_that_closes_meanwhile_is_told_so(alice: World) -> None:
    alice.connections = ClosingConnections(alice.memory)
    (frame,) = subscribe(alice, "orders:eu")
    assert frame["code"] == Unknown.code
    assert not alice.memory.live()


class FlakyStreams(FakeStreams):
    """One stream's head cannot be read."""

    def head(self, stream: Pattern) -> Position:
        if stream == "flaky":
            raise Unavailable("the store does not answer: try again")
        return super().head(stream)


def test_one_unreadable_stream_never_costs_the_other_topics(alice: World) -> None:
    alice.streams = FlakyStreams(alice.memory)
    assert summary(subscribe(alice, "good", "flaky")) == [
        ("subscribed", "good", None),
        ("error", "flaky", 4503),
    ]


# Unsubscribing


def test_unsubscribe_gives_a_topic_back(alice: World) -> None:
    subscribe(alice, "orders:eu")
    (frame,) = alice.say("c1", '{"type":"unsubscribe","id":"u","topics":["orders:eu"]}')
    assert frame == {
        "type": "unsubscribed",
        "id": "u",
        "topic": "orders:eu",
        "pattern": "orders:eu",
        "timestamp": timestamp(alice.clock()),
    }
    assert "orders:eu" not in topics_of(alice)


def test_unsubscribe_of_what_is_not_subscribed_is_answered_all_the_same(alice: World) -> None:
    (frame,) = alice.say("c1", '{"type":"unsubscribe","topics":["orders:eu"]}')
    assert frame["type"] == "unsubscribed"


@pytest.mark.parametrize("topic", ["general", "user:alice", "role:member", "tenant:acme"])
def test_an_implicit_topic_is_kept(alice: World, topic: str) -> None:
    text = json.dumps({"type": "unsubscribe", "id": "u", "topics": [topic]})
    (frame,) = alice.say("c1", text)
    assert (frame["code"], frame["topic"], frame["id"]) == (4403, topic, "u")
    assert topic in topics_of(alice)


def test_one_topic_that_is_kept_never_costs_the_others(alice: World) -> None:
    subscribe(alice, "a", "b")
    text = '{"type":"unsubscribe","topics":["a","general","no good","b"]}'
    assert summary(alice.say("c1", text)) == [
        ("unsubscribed", "a", None),
        ("error", "general", 4403),
        ("error", "no good", 4422),
        ("unsubscribed", "b", None),
    ]


def test_the_alias_unsubscribes_one_pattern(alice: World) -> None:
    subscribe(alice, "orders:*")
    (frame,) = alice.say("c1", '{"type":"unsubscribe_pattern","pattern":"orders:*"}')
    assert (frame["type"], frame["pattern"]) == ("unsubscribed", "orders:*")
    assert "orders:*" not in topics_of(alice)
