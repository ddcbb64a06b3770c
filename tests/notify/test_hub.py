import json
from typing import Any

import pytest

from notify.errors import TokenExpired, Unauthorized, Unavailable, Unknown
from notify.frames import ErrorFrame, Pong
from notify.hub import PING_INTERVAL_MS
from notify.model import Action, Connection, ConnectionId, Pattern, Position, timestamp
from notify.ports import Outcome
from notify.topics import ANYTHING, TopicPolicy
from tests.fakes import FakeConnections, FakeStreams
from tests.notify.conftest import HOUR_MS, World

C1 = ConnectionId("c1")


@pytest.fixture
def alice(world: World) -> World:
    """alice, a member of acme, is connected as c1."""
    world.open("c1", world.principal("alice", "member", tenant="acme"))
    return world


def subscribe(world: World, *topics: str, id: str = "s") -> list[dict[str, Any]]:
    return world.say("c1", json.dumps({"type": "subscribe", "id": id, "topics": topics}))


def summary(frames: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [(frame["type"], frame.get("topic"), frame.get("code")) for frame in frames]


def topics_of(world: World, connection_id: str = "c1") -> set[str]:
    return set(world.memory.connections[ConnectionId(connection_id)].topics)


# Connecting


def test_connect_stores_the_connection_with_its_implicit_topics(world: World) -> None:
    principal = world.principal("alice", "member", tenant="acme")
    assert world.hub.connect(C1, world.token(principal)) == principal
    implicit = frozenset(map(Pattern, ("general", "user:alice", "role:member", "tenant:acme")))
    assert world.connections.get(C1) == Connection(C1, principal, world.clock(), implicit)


@pytest.mark.parametrize("token", [None, "", "nonsense"])
def test_connect_without_a_good_token_stores_nothing(world: World, token: str | None) -> None:
    with pytest.raises(Unauthorized):
        world.hub.connect(C1, token)
    assert not world.memory.connections
    assert not world.memory.members


def test_a_stale_token_at_the_door_is_unauthorized_and_not_expired(world: World) -> None:
    token = world.token(world.principal("alice", token_ms=0))
    with pytest.raises(Unauthorized) as raised:
        world.hub.connect(C1, token)
    assert not isinstance(raised.value, TokenExpired)
    assert not world.memory.connections


def test_disconnect_forgets_the_connection_and_returns_it_once(alice: World) -> None:
    connection = alice.hub.disconnect(C1)
    assert connection is not None
    assert connection.principal.username == "alice"
    assert alice.hub.disconnect(C1) is None
    assert alice.counts.totals().topics == 0


# Refusing


def test_a_refused_connection_is_told_4001_and_closed(world: World) -> None:
    world.gateway.open.add(C1)
    assert world.hub.refuse(C1) is Outcome.POSTED
    (frame,) = world.gateway.frames("c1")
    assert {**frame, "timestamp": ""} == {
        "type": "error",
        "code": 4001,
        "name": "unauthorized",
        "message": "Authentication failed",
        "temporary": False,
        "retry_after_ms": None,
        "fatal": True,
        "timestamp": "",
    }
    assert world.gateway.disconnected == [C1]


def test_a_connection_that_is_not_there_yet_is_not_closed(world: World) -> None:
    assert world.hub.refuse(C1) is Outcome.GONE
    assert world.gateway.disconnected == []


def test_a_refusal_that_did_not_arrive_leaves_the_connection_for_another_try(world: World) -> None:
    world.gateway.throttled.add(C1)
    assert world.hub.refuse(C1) is Outcome.FAILED
    assert world.gateway.disconnected == []


@pytest.mark.parametrize("text", ['{"type":"ping","id":"7"}', '{"type":"subscribe"}', "no", ""])
def test_a_frame_of_an_unknown_connection_is_answered_4001_and_closes_it(
    world: World, text: str
) -> None:
    world.gateway.open.add(C1)
    (frame,) = world.say("c1", text)
    assert (frame["code"], frame["fatal"]) == (4001, True)
    assert world.gateway.disconnected == [C1]


def test_a_frame_of_an_expired_row_is_answered_4001(alice: World) -> None:
    alice.open("c1", alice.principal("alice", token_ms=24 * HOUR_MS))
    alice.clock.advance(3 * HOUR_MS)
    (frame,) = alice.say("c1", '{"type":"ping"}')
    assert frame["code"] == 4001


def test_a_frame_behind_an_expired_token_is_answered_4002_and_closes(alice: World) -> None:
    alice.clock.advance(HOUR_MS)
    (frame,) = alice.say("c1", '{"type":"ping","id":"7"}')
    assert (frame["code"], frame["name"], frame["fatal"]) == (4002, "token_expired", True)
    assert frame["id"] == "7"
    assert alice.gateway.disconnected == [C1]
    assert not alice.memory.connections


def test_a_token_is_good_until_its_last_millisecond(alice: World) -> None:
    alice.clock.advance(HOUR_MS - 1)
    assert alice.say("c1", '{"type":"ping"}')[0]["type"] == "pong"


# Frames


def test_ping_is_answered_by_pong(alice: World) -> None:
    (frame,) = alice.say("c1", '{"type":"ping","id":7}')
    assert frame == {"type": "pong", "timestamp": timestamp(alice.clock()), "id": 7}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 4400),
        ("no", 4400),
        ("[" * 100_000, 4400),
        ('{"type":"fly"}', 4400),
        ('{"type":"subscribe"}', 4422),
        ('{"type":"subscribe","topics":"general"}', 4422),
        ('{"type":"hello","protocol":"1"}', 4422),
    ],
)
def test_a_bad_frame_is_an_error_and_the_socket_stays(alice: World, text: str, code: int) -> None:
    (frame,) = alice.say("c1", text)
    assert (frame["type"], frame["code"], frame["fatal"]) == ("error", code, False)
    assert alice.gateway.disconnected == []
    assert C1 in alice.memory.connections


@pytest.mark.parametrize("text", ['{"type":"fly","id":"7"}', '{"type":"subscribe","id":"7"}'])
def test_a_bad_frame_has_its_id_echoed(alice: World, text: str) -> None:
    assert alice.say("c1", text)[0]["id"] == "7"


def test_frames_are_returned_as_they_are_posted(alice: World) -> None:
    frames = alice.hub.receive(C1, '{"type":"ping"}')
    assert frames == [Pong(timestamp(alice.clock()))]


class DeadConnections(FakeConnections):
    """A store that does not answer."""

    def get(self, connection_id: ConnectionId) -> Connection | None:
        raise Unavailable("the store does not answer: try again")


def test_a_store_that_does_not_answer_is_a_temporary_error(alice: World) -> None:
    alice.connections = DeadConnections(alice.memory)
    (frame,) = alice.say("c1", '{"type":"ping","id":"7"}')
    assert (frame["code"], frame["temporary"], frame["fatal"]) == (4503, True, False)
    assert alice.gateway.disconnected == []


# Hello


def test_hello_is_answered_by_welcome(alice: World) -> None:
    (welcome,) = alice.say("c1", '{"type":"hello","id":"h","protocol":1}')
    now = alice.clock()
    assert welcome == {
        "type": "welcome",
        "id": "h",
        "connection_id": "c1",
        "user_id": "alice",
        "roles": ["member"],
        "server_time": timestamp(now),
        "ping_interval_ms": PING_INTERVAL_MS,
        "max_age_ms": 2 * HOUR_MS - 60_000,
        "token_expires_at": timestamp(now + HOUR_MS),
        "subscriptions": ["general", "role:member", "tenant:acme", "user:alice"],
        "resume": {},
    }


def test_hello_subscribes_and_names_what_it_refuses(alice: World) -> None:
    text = '{"type":"hello","id":"h","topics":["orders:eu","user:bob","no good","news"]}'
    welcome, forbidden, invalid = alice.say("c1", text)
    assert {"orders:eu", "news"} <= set(welcome["subscriptions"])
    assert (forbidden["code"], forbidden["topic"], forbidden["id"]) == (4403, "user:bob", "h")
    assert (invalid["code"], invalid["topic"], invalid["id"]) == (4422, "no good", "h")
    assert {"orders:eu", "news"} <= topics_of(alice)


def test_hello_is_welcomed_with_earlier_subscriptions_too(alice: World) -> None:
    subscribe(alice, "orders:eu")
    (welcome,) = alice.say("c1", '{"type":"hello"}')
    assert "orders:eu" in welcome["subscriptions"]


def test_hello_is_told_that_a_stream_was_not_resumed(alice: World) -> None:
    (welcome,) = alice.say("c1", '{"type":"hello","resume":{"user:alice":{"epoch":"e","seq":4}}}')
    assert welcome["resume"]["user:alice"]["recovered"] is False


@pytest.mark.parametrize("protocol", [0, 2, -1, 10**30])
def test_hello_for_another_protocol_is_fatal(alice: World, protocol: int) -> None:
    text = json.dumps({"type": "hello", "id": "h", "protocol": protocol, "topics": ["news"]})
    (frame,) = alice.say("c1", text)
    assert (frame["code"], frame["fatal"], frame["id"]) == (4008, True, "h")
    assert alice.gateway.disconnected == [C1]
    assert not alice.memory.connections
    assert not alice.memory.members.get(Pattern("news"))


def test_the_age_left_is_never_negative(alice: World) -> None:
    alice.open("c1", alice.principal("alice", token_ms=24 * HOUR_MS))
    alice.clock.advance(2 * HOUR_MS)
    assert alice.say("c1", '{"type":"hello"}')[0]["max_age_ms"] == 0


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


# Replying


def test_a_reply_to_a_gone_connection_forgets_it_and_stops(alice: World) -> None:
    alice.gateway.open.discard(C1)
    alice.hub.reply(C1, [Pong("1"), Pong("2")])
    assert not alice.memory.connections
    assert alice.gateway.posted == []


def test_a_reply_that_fails_does_not_stop_the_next(alice: World) -> None:
    alice.gateway.throttled.add(C1)
    alice.hub.reply(C1, [Pong("1"), Pong("2")])
    assert C1 in alice.memory.connections


def test_nothing_follows_a_fatal_frame(alice: World) -> None:
    fatal = ErrorFrame(4002, "token_expired", "bye", False, True, "now")
    alice.hub.reply(C1, [fatal, Pong("2")])
    assert [frame["type"] for frame in alice.gateway.frames("c1")] == ["error"]


def test_a_fatal_frame_that_fails_closes_the_connection_all_the_same(alice: World) -> None:
    alice.gateway.throttled.add(C1)
    alice.clock.advance(HOUR_MS)
    alice.hub.receive(C1, '{"type":"ping"}')
    assert alice.gateway.disconnected == [C1]
    assert not alice.memory.connections


def test_another_connection_is_never_touched(alice: World) -> None:
    alice.open("c2", alice.principal("alice"))
    alice.gateway.open.discard(C1)
    alice.hub.receive(C1, '{"type":"ping"}')
    assert set(alice.memory.connections) == {"c2"}
