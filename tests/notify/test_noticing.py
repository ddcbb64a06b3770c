import json
from collections.abc import Iterable

import pytest

from notify.errors import TokenExpired, Unavailable
from notify.jobs import JoinJob, LaterJob, LeaveJob
from notify.model import ConnectionId, Pattern, Username
from notify.noticing import JOIN_CHECK_SECONDS, LEAVE_SECONDS
from notify.topics import WatchedTopics
from tests.fakes import FakeConnections, FakeLaterQueue
from tests.notify.conftest import World, subscribe, topics_of

C1 = ConnectionId("c1")
ROOM = Pattern("room:1")
JOIN, LEAVE = JoinJob(ROOM, Username("alice")), LeaveJob(ROOM, Username("alice"))


@pytest.fixture
def inside(alice: World) -> World:
    """alice is in the room already."""
    alice.open("c1", alice.principal("alice", "member", tenant="acme"), ROOM)
    return alice


def unsubscribe(world: World, topic: str) -> None:
    world.say("c1", json.dumps({"type": "unsubscribe", "topics": [topic]}))


def test_who_comes_to_a_watched_topic_is_looked_for_at_once_and_once_more(alice: World) -> None:
    subscribe(alice, ROOM)
    assert alice.later_queue.waiting == [(JOIN, JOIN_CHECK_SECONDS), (JOIN, 0)]


def test_the_topics_of_a_hello_are_noticed_too(alice: World) -> None:
    alice.say("c1", '{"type":"hello","topics":["room:1"]}')
    assert [job for job, _ in alice.later_queue.waiting] == [JOIN, JOIN]


def test_who_is_there_already_has_not_come(inside: World) -> None:
    subscribe(inside, ROOM)
    assert inside.later_queue.waiting == []


def test_who_leaves_is_looked_for_a_moment_later(inside: World) -> None:
    unsubscribe(inside, ROOM)
    assert inside.later_queue.waiting == [(LEAVE, LEAVE_SECONDS)]


def test_who_disconnects_has_left_every_watched_topic(inside: World) -> None:
    inside.connections.subscribe(inside.memory.connections[C1], Pattern("room:2"), 100)
    assert inside.hub.disconnect(C1) is not None
    two = LeaveJob(Pattern("room:2"), Username("alice"))
    assert [job for job, _ in inside.later_queue.waiting] == [LEAVE, two]
    assert inside.hub.disconnect(C1) is None
    assert len(inside.later_queue.waiting) == 2


def test_who_is_gone_has_left(inside: World) -> None:
    subscriber = inside.subscriber("c1")
    inside.gateway.open.clear()
    inside.fanout.deliver(b"{}", [subscriber])
    assert inside.later_queue.waiting == [(LEAVE, LEAVE_SECONDS)]


def test_who_is_gone_without_a_row_has_left_the_one_topic_that_is_known(inside: World) -> None:
    subscriber = inside.subscriber("c1", ROOM)
    del inside.memory.connections[C1]
    inside.gateway.open.clear()
    inside.fanout.deliver(b"{}", [subscriber])
    assert inside.later_queue.waiting == [(LEAVE, LEAVE_SECONDS)]


def test_who_is_expelled_has_left(inside: World) -> None:
    inside.fanout.expel([inside.subscriber("c1")], TokenExpired())
    assert inside.later_queue.waiting == [(LEAVE, LEAVE_SECONDS)]


def test_who_is_closed_behind_a_fatal_error_has_left(inside: World) -> None:
    inside.say("c1", '{"type":"hello","protocol":99}')
    assert inside.later_queue.waiting == [(LEAVE, LEAVE_SECONDS)]


@pytest.mark.parametrize(
    "topic", ["orders:eu", "room:*", "user:alice:x", "room", "roomy:1", "rooms:1"]
)
def test_other_topics_cost_nothing(alice: World, topic: str) -> None:
    subscribe(alice, topic)
    unsubscribe(alice, topic)
    subscribe(alice, topic)
    alice.hub.disconnect(C1)
    assert alice.later_queue.waiting == []


def test_no_setting_watches_what_everybody_has_from_the_start(alice: World) -> None:
    alice.watched = WatchedTopics((Pattern("*"), Pattern("user:*"), Pattern("general")))
    alice.hub.disconnect(C1)
    assert alice.later_queue.waiting == []


class BrokenQueue(FakeLaterQueue):
    """A queue that does not answer."""

    def put(self, jobs: Iterable[LaterJob], delay_seconds: int = 0) -> None:
        raise Unavailable("the queue does not answer: try again")


def test_a_queue_that_does_not_answer_costs_nobody_a_topic(alice: World) -> None:
    alice.later_queue = BrokenQueue()
    assert [frame["type"] for frame in subscribe(alice, ROOM)] == ["subscribed"]
    assert ROOM in topics_of(alice)
    unsubscribe(alice, ROOM)
    assert ROOM not in topics_of(alice)
    assert alice.hub.disconnect(C1) is not None


class BrokenConnections(FakeConnections):
    """A function that dies while it subscribes."""

    def subscribe(self, *arguments: object) -> None:
        raise KeyboardInterrupt


def test_a_function_that_dies_while_it_subscribes_has_put_a_job_before(alice: World) -> None:
    alice.connections = BrokenConnections(alice.memory)
    with pytest.raises(KeyboardInterrupt):
        subscribe(alice, ROOM)
    assert alice.later_queue.waiting == [(JOIN, JOIN_CHECK_SECONDS)]


def test_everything_else_goes_straight_through(world: World) -> None:
    connection = world.open("c1", world.principal("alice"))
    world.noticed.open(connection)
    assert world.noticed.get(C1) == connection
    assert world.noticed.acknowledge(C1, Pattern("user:alice"), 1)
    assert world.later_queue.waiting == []
