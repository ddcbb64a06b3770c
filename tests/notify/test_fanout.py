from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from notify.deliveries import RESERVE_MS
from notify.errors import TokenExpired, Unavailable
from notify.fanout import HANDSHAKE_GRACE_MS, MAX_ATTEMPTS, RETRIES_A_JOB, Delivery
from notify.jobs import RetryJob
from notify.model import Connection, ConnectionId, Pattern, Subscriber
from notify.ports import PAGE_SIZE
from tests.fakes import FakeConnections
from tests.notify.conftest import HOUR_MS, HungGateway, World, broadcast, reached, topics_of

FRAME = b'{"type":"notification"}'
C1, C2, C3 = map(ConnectionId, ("c1", "c2", "c3"))


@pytest.fixture
def three(world: World) -> World:
    """c1 of alice, c2 of bob and c3 of alice are connected."""
    world.open("c1", world.principal("alice"))
    world.open("c2", world.principal("bob"))
    world.open("c3", world.principal("alice"))
    return world


def everybody(world: World) -> list[Subscriber]:
    return [world.subscriber(connection_id) for connection_id in ("c1", "c2", "c3")]


def test_everybody_is_posted_to(three: World) -> None:
    assert three.fanout.deliver(FRAME, everybody(three)) == Delivery(posted=3)
    assert {to for to, _ in three.gateway.posted} == {C1, C2, C3}


def test_nobody_is_posted_to_where_there_is_nobody(three: World) -> None:
    assert three.fanout.deliver(FRAME, []) == Delivery()


def test_each_connection_is_posted_to_once_however_many_topics_match(three: World) -> None:
    twice = [three.subscriber("c1"), three.subscriber("c1", "user:alice")]
    assert three.fanout.deliver(FRAME, twice) == Delivery(posted=1)
    assert len(three.gateway.frames("c1")) == 1


def test_gone_connections_are_forgotten_and_cost_the_others_nothing(three: World) -> None:
    three.gateway.open.discard(C2)
    assert three.fanout.deliver(FRAME, everybody(three)) == Delivery(posted=2, gone=1)
    assert set(three.memory.connections) == {C1, C3}
    assert three.counts.totals().users == 1


def test_a_gone_connection_without_a_row_is_forgotten_too(three: World) -> None:
    subscribers = everybody(three)
    del three.memory.connections[C2]
    three.gateway.open.discard(C2)
    three.fanout.deliver(FRAME, [subscribers[1]])
    assert C2 not in three.memory.members[subscribers[1].pattern]


@pytest.mark.parametrize(("age", "kept"), [(0, True), (HANDSHAKE_GRACE_MS, True), (15_001, False)])
def test_a_young_connection_that_is_gone_may_still_be_connecting(
    world: World, age: int, kept: bool
) -> None:
    world.open("c1", world.principal("alice"), age_ms=age)
    world.gateway.open.clear()
    delivery = world.fanout.deliver(FRAME, [world.subscriber("c1")])
    assert (C1 in world.memory.connections) is kept
    assert (len(delivery.failed), delivery.gone) == ((1, 0) if kept else (0, 1))


def test_failed_posts_are_no_reason_to_forget(three: World) -> None:
    three.gateway.throttled.add(C2)
    delivery = three.fanout.deliver(FRAME, everybody(three))
    assert delivery == Delivery(posted=2, failed=(three.subscriber("c2"),))
    assert C2 in three.memory.connections


def test_who_holds_an_expired_token_is_told_4002_and_closed(three: World) -> None:
    three.open("c2", three.principal("bob", token_ms=0))
    subscribers = [three.subscriber("c1"), three.subscriber("c2")]
    assert three.fanout.deliver(FRAME, subscribers) == Delivery(posted=1, gone=1)
    (farewell,) = three.gateway.frames("c2")
    assert (farewell["type"], farewell["code"], farewell["fatal"]) == ("error", 4002, True)
    assert three.gateway.disconnected == [C2]
    assert set(three.memory.connections) == {C1, C3}


def test_who_holds_an_expired_token_never_sees_a_notification(three: World) -> None:
    subscribers = everybody(three)
    three.clock.advance(HOUR_MS)
    three.fanout.deliver(FRAME, subscribers)
    assert {frame["type"] for _, frame in three.gateway.posted} == {"error"}
    assert not three.memory.connections


def test_expelling_takes_no_longer_than_two_hung_calls(three: World) -> None:
    three.gateway = gateway = HungGateway(three)
    gateway.hung = {C1, C2, C3}
    before = three.clock()
    three.fanout.expel(everybody(three), TokenExpired())
    assert three.clock() - before == 2 * gateway.HANG_MS
    assert set(gateway.disconnected) == {C1, C2, C3}
    assert not three.memory.connections


def test_a_page_of_expired_and_hung_connections_takes_less_than_its_reserve(world: World) -> None:
    for number in range(PAGE_SIZE):
        world.open(f"c{number:03}", world.principal("alice", token_ms=number % 2))
    world.gateway = gateway = HungGateway(world)
    gateway.hung = set(gateway.open)
    before = world.clock()
    subscribers = [world.subscriber(each) for each in world.memory.connections]
    delivery = world.fanout.deliver(FRAME, subscribers)
    assert (delivery.gone, len(delivery.failed)) == (PAGE_SIZE // 2, PAGE_SIZE // 2)
    assert world.clock() - before < RESERVE_MS


class BusyConnections(FakeConnections):
    """A store that cannot forget just now."""

    def forget(self, subscriber: Subscriber) -> Connection | None:
        raise Unavailable("the store does not answer: try again")


def test_a_store_that_cannot_forget_costs_nobody_the_frame(three: World) -> None:
    three.connections = BusyConnections(three.memory)
    three.gateway.open.discard(C1)
    three.gateway.throttled.add(C3)
    delivery = three.fanout.deliver(FRAME, everybody(three))
    assert delivery == Delivery(posted=1, gone=1, failed=(three.subscriber("c3"),))


def test_a_store_that_cannot_forget_the_expired_costs_nobody_the_frame(three: World) -> None:
    three.open("c2", three.principal("bob", token_ms=0))
    three.connections = BusyConnections(three.memory)
    subscribers = [three.subscriber("c1"), three.subscriber("c2")]
    assert three.fanout.deliver(FRAME, subscribers).posted == 1


def test_a_connection_with_a_new_token_is_never_expelled_by_an_old_row(three: World) -> None:
    subscribers = everybody(three)
    bob = three.memory.connections[C2]
    three.connections.renew(bob, three.principal("bob", token_ms=2 * HOUR_MS))
    three.clock.advance(HOUR_MS)
    assert three.fanout.deliver(FRAME, subscribers) == Delivery(posted=1, gone=2)
    assert [frame["type"] for frame in three.gateway.frames("c2")] == ["notification"]
    assert set(three.memory.connections) == {C2}


def test_an_old_row_is_repaired_by_the_first_who_meets_it(three: World) -> None:
    bob = three.memory.connections[C2]
    three.connections.renew(bob, three.principal("bob", token_ms=2 * HOUR_MS))
    three.clock.advance(HOUR_MS)
    three.fanout.deliver(FRAME, [three.subscriber("c2")])
    assert three.subscriber("c2").token_expires_at == three.clock() + HOUR_MS
    del three.memory.connections[C2]  # nobody asks it any more
    assert three.fanout.deliver(FRAME, [three.subscriber("c2")]) == Delivery(posted=1)


def test_a_connection_whose_new_token_has_expired_too_is_expelled(three: World) -> None:
    bob, subscribers = three.memory.connections[C2], everybody(three)
    three.connections.renew(bob, three.principal("bob", token_ms=HOUR_MS + 1))
    three.clock.advance(HOUR_MS + 1)
    assert three.fanout.deliver(FRAME, subscribers) == Delivery(gone=3)
    assert [frame["code"] for frame in three.gateway.frames("c2")] == [4002]


def test_a_new_token_that_ends_earlier_ends_the_connection_earlier(three: World) -> None:
    bob = three.memory.connections[C2]
    three.connections.renew(bob, three.principal("bob", token_ms=1000))
    three.clock.advance(1000)
    assert three.fanout.deliver(FRAME, [three.subscriber("c2")]) == Delivery(gone=1)


def test_one_row_that_says_good_is_enough(three: World) -> None:
    fresh = three.subscriber("c1")
    stale = replace(three.subscriber("c1", "user:alice"), token_expires_at=three.clock())
    for order in ([fresh, stale], [stale, fresh]):
        assert three.fanout.deliver(FRAME, order) == Delivery(posted=1)


class SilentConnections(FakeConnections):
    """A store that does not answer."""

    def get(self, connection_id: ConnectionId) -> Connection | None:
        raise Unavailable("the store does not answer: try again")

    def get_each(self, connection_ids: Iterable[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        raise Unavailable("the store does not answer: try again")


def test_whose_token_cannot_be_looked_at_is_tried_again(three: World) -> None:
    three.open("c2", three.principal("bob", token_ms=0))
    three.connections = SilentConnections(three.memory)
    subscribers = [three.subscriber("c1"), three.subscriber("c2")]
    delivery = three.fanout.deliver(FRAME, subscribers)
    assert delivery == Delivery(posted=1, failed=(three.subscriber("c2"),))
    assert three.gateway.disconnected == []


def test_whom_a_frame_did_not_reach_is_queued(three: World) -> None:
    failed = (three.subscriber("c2"),)
    three.fanout.retry(Delivery(failed=failed), FRAME)
    assert three.later_queue.waiting == [(RetryJob(FRAME.decode(), failed, 1), 1)]


def test_nothing_is_queued_where_everybody_was_reached(three: World) -> None:
    three.fanout.retry(Delivery(posted=3, gone=1), FRAME)
    assert three.later_queue.waiting == []


def test_each_attempt_waits_longer_until_the_last(three: World) -> None:
    delivery = Delivery(failed=(three.subscriber("c2"),))
    for attempt in range(MAX_ATTEMPTS + 1):
        three.fanout.retry(delivery, FRAME, attempt)
    assert [delay for _, delay in three.later_queue.waiting] == [1, 2, 4, 8, 16, 32, 64, 128]


def test_who_is_given_up_is_closed_so_that_it_comes_back_and_resumes(three: World) -> None:
    delivery = Delivery(failed=(three.subscriber("c2"),))
    three.fanout.retry(delivery, b'{"type":"notification","seq":7}', MAX_ATTEMPTS)
    assert three.gateway.disconnected == [C2]
    assert C2 in three.memory.connections  # $disconnect sees to its row


@pytest.mark.parametrize("frame", [FRAME, b'{"type":"notification","seq":null}'])
def test_nobody_is_closed_over_a_frame_that_no_stream_has(three: World, frame: bytes) -> None:
    three.fanout.retry(Delivery(failed=(three.subscriber("c2"),)), frame, MAX_ATTEMPTS)
    assert three.gateway.disconnected == []


def test_who_has_no_row_any_more_is_not_posted_to_again(three: World) -> None:
    subscribers = everybody(three)
    del three.memory.connections[C2]
    assert three.fanout.deliver_again(FRAME, subscribers) == Delivery(posted=2, gone=1)
    assert three.gateway.frames("c2") == []
    assert C2 not in three.memory.members[subscribers[1].pattern]


EU, ALL_ORDERS, NEWS = map(Pattern, ("orders:eu", "orders:*", "news"))
FOR_EU = b'{"type":"notification","topic":"orders:eu","stream":"orders:eu"}'


def test_who_has_given_the_topic_back_is_not_posted_to_again(world: World) -> None:
    connection = world.open("c1", world.principal("alice"), EU, NEWS)
    waiting = [world.subscriber("c1", EU)]
    world.connections.unsubscribe(connection, EU)
    assert world.fanout.deliver_again(FOR_EU, waiting) == Delivery()
    assert world.gateway.posted == []
    assert topics_of(world) == {"general", "user:alice", NEWS}  # and goes on


@pytest.mark.parametrize("met", [EU, ALL_ORDERS])
def test_who_hears_the_stream_by_another_topic_is_posted_to_again(
    world: World, met: Pattern
) -> None:
    connection = world.open("c1", world.principal("alice"), EU, ALL_ORDERS)
    waiting = [world.subscriber("c1", met)]
    world.connections.unsubscribe(connection, met)
    assert world.fanout.deliver_again(FOR_EU, waiting) == Delivery(posted=1)


TOPICS = ("orders:eu", "orders:us:tx", "orders:us:*", "orders:*", "news")
PATTERNS = (*TOPICS, "general", "*", "user:*")
topics = st.sets(st.sampled_from(TOPICS))


@settings(deadline=None)
@given(st.sampled_from(PATTERNS), topics, topics)
def test_a_retry_reaches_exactly_whom_the_broadcast_would_reach_now(
    pattern: str, before: set[str], after: set[str]
) -> None:
    world = World()
    connection = world.open("c1", world.principal("root"), *before)
    world.gateway.throttled.add(C1)
    was_met = broadcast(world, pattern).failed
    for topic in map(Pattern, before - after):
        world.connections.unsubscribe(connection, topic)
    for topic in map(Pattern, after - before):
        world.connections.subscribe(connection, topic, 100)
    world.gateway.throttled.clear()
    world.do_later()
    retried = reached(world)
    is_met = broadcast(world, pattern).delivered
    assert len(retried) == min(was_met, is_met)


def test_where_the_rows_cannot_be_read_everybody_is_tried_again(three: World) -> None:
    three.connections = SilentConnections(three.memory)
    subscribers = tuple(everybody(three))
    assert three.fanout.deliver_again(FRAME, subscribers) == Delivery(failed=subscribers)
    assert three.gateway.posted == []


def test_the_attempts_outlast_the_handshake() -> None:
    assert sum(2**attempt for attempt in range(MAX_ATTEMPTS)) * 1000 > HANDSHAKE_GRACE_MS


def test_very_many_are_queued_in_several_jobs(three: World) -> None:
    failed = (three.subscriber("c2"),) * (RETRIES_A_JOB + 1)
    three.fanout.retry(Delivery(failed=failed), FRAME)
    jobs = three.later_queue.take()
    sizes = [len(job.subscribers) for job in jobs if isinstance(job, RetryJob)]
    assert sizes == [RETRIES_A_JOB, 1]


def test_deliveries_add_up(three: World) -> None:
    one, two = Delivery(1, 2, (three.subscriber("c1"),)), Delivery(3, 4, ())
    assert one + two == Delivery(4, 6, one.failed)
    assert (one + two).recipients == 11
    assert (one + two).tally() == {"delivered": 4, "gone": 6, "failed": 1}
