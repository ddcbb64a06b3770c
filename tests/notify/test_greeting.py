import json

import pytest

from notify.errors import Unavailable
from notify.greeting import PING_INTERVAL_MS
from notify.marks import State, Watermarks
from notify.model import ConnectionId, Pattern, Username, timestamp
from tests.fakes import FakeMarks
from tests.notify.conftest import HOUR_MS, World, broadcast, send, subscribe, topics_of

C1 = ConnectionId("c1")


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
        "resume": {
            stream: {
                "epoch": "epoch",
                "seq": 0,
                "recovered": False,
                "replayed": 0,
                "has_more": False,
                "reason": "no_position",
            }
            for stream in ("general", "role:member", "tenant:acme", "user:alice")
        },
        "unread": 0,
        "unseen": 0,
    }


def test_a_welcome_tells_the_counts_of_the_inbox(alice: World) -> None:
    one = send(alice, "bob", "alice").notification_id
    broadcast(alice, "tenant:acme")
    alice.inbox.mark(alice.principal("alice", "member", tenant="acme"), [one], State.SEEN)
    (welcome,) = alice.say("c1", '{"type":"hello"}')
    assert (welcome["unread"], welcome["unseen"]) == (2, 1)


class UnreadableMarks(FakeMarks):
    def watermarks(self, username: Username) -> Watermarks:
        raise Unavailable("the store does not answer: try again")


def test_a_welcome_without_counts_is_a_welcome_all_the_same(alice: World) -> None:
    alice.marks = UnreadableMarks()
    (welcome,) = alice.say("c1", '{"type":"hello"}')
    assert welcome["type"] == "welcome"
    assert (welcome["unread"], welcome["unseen"]) == (None, None)


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
