import itertools
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from infra.rows import TransactWriteError
from infra.stores.counts import members_counter, total
from infra.tables import ConnectionRow, CounterRow, SubscriptionRow
from notify.errors import Conflict, Invalid, RateLimited, Unavailable, Unknown
from notify.model import (
    MAX_AGE_MS,
    ROW_GRACE_MS,
    Action,
    Connection,
    ConnectionId,
    Pattern,
    Principal,
)
from notify.parts import Shard
from notify.ports import MAX_ACKED
from tests.fakes import NOW
from tests.infra.stores.calls import before, crashes, failing, interleave, listed, repeated
from tests.infra.stores.conftest import Stores, a_connection, fresh

ORDERS, NEWS = Pattern("orders:eu"), Pattern("news")
C1 = ConnectionId("c1")


def subscribe(stores: Stores, connection: Connection, topic: str, limit: int = 100) -> None:
    stores.connections.subscribe(connection, Pattern(topic), limit)


def unsubscribe(stores: Stores, connection: Connection, topic: str) -> None:
    stores.connections.unsubscribe(connection, Pattern(topic))


def topics_of(stores: Stores, connection_id: str) -> set[str]:
    connection = stores.connections.get(ConnectionId(connection_id))
    assert connection is not None
    return set(connection.topics)


# Opening


@pytest.mark.parametrize(
    "connection",
    [
        a_connection("c1"),
        a_connection("abc=", "user:alice", "orders:*", roles=("member", "editor"), tenant="acme"),
        a_connection("c1", caps={Pattern("a:*"): frozenset({Action.PUBLISH, Action.SUBSCRIBE})}),
        a_connection("c1", caps={Pattern("*"): frozenset()}),
        a_connection("c1", *(f"t{number}" for number in range(30))),
    ],
    ids=["plain", "full", "caps", "empty-cap", "many-topics"],
)
def test_a_connection_comes_back_as_opened(stores: Stores, connection: Connection) -> None:
    stores.connections.open(connection)
    assert stores.connections.get(connection.id) == connection


def test_a_connection_is_subscribed_to_its_topics(stores: Stores) -> None:
    stores.open("c1", "user:alice", "orders:*")
    assert stores.reaches("general") == stores.reaches("user:alice") == {"c1"}
    assert stores.reaches(ORDERS) == {"c1"}


def test_a_connection_that_was_not_opened_is_none(stores: Stores) -> None:
    assert stores.connections.get(C1) is None


@pytest.mark.parametrize(("late", "found"), [(-1, True), (0, False), (999, False)])
def test_a_connection_whose_row_has_expired_is_none(stores: Stores, late: int, found: bool) -> None:
    stores.open("c1")
    stores.clock.advance(MAX_AGE_MS + ROW_GRACE_MS + late)
    assert (stores.connections.get(C1) is not None) is found


# Subscribing


def test_a_subscription_is_the_connections_and_the_topics(stores: Stores) -> None:
    connection = stores.open("c1")
    subscribe(stores, connection, ORDERS)
    assert topics_of(stores, "c1") == {"general", ORDERS}
    assert stores.reaches(ORDERS) == {"c1"}


def test_subscribing_twice_is_subscribing_once(stores: Stores) -> None:
    connection = stores.open("c1")
    subscribe(stores, connection, ORDERS)
    subscribe(stores, connection, ORDERS)  # as a parallel frame that has read the same row
    assert stores.members(ORDERS) == 1
    assert stores.tally() == (1, 0, 2)


def test_subscribing_to_an_own_topic_changes_nothing(stores: Stores) -> None:
    connection = stores.open("c1", ORDERS)
    subscribe(stores, connection, ORDERS, limit=2)
    assert stores.members(ORDERS) == 1


def test_a_connection_holds_as_many_topics_as_the_limit(stores: Stores) -> None:
    connection = stores.open("c1")
    subscribe(stores, connection, ORDERS, limit=2)
    with pytest.raises(Invalid, match="at most 2"):
        subscribe(stores, connection, NEWS, limit=2)
    assert topics_of(stores, "c1") == {"general", ORDERS}
    assert stores.members(NEWS) == 0
    assert stores.tally() == (1, 0, 2)


def test_a_connection_that_was_full_when_it_was_read_makes_no_topic(dynamo: Stores) -> None:
    full = dynamo.open("c1", ORDERS)
    with listed() as calls, pytest.raises(Invalid, match="at most 2"):
        subscribe(dynamo, full, NEWS, limit=2)
    assert [call.operation for call in calls] == ["GetItem"]


def test_a_connection_is_full_as_it_was_read(stores: Stores) -> None:
    full = stores.open("c1", ORDERS)
    unsubscribe(stores, full, ORDERS)
    with pytest.raises(Invalid, match="at most 2"):
        subscribe(stores, full, NEWS, limit=2)
    assert topics_of(stores, "c1") == {"general"}


def test_a_full_connection_that_has_closed_is_told_so(stores: Stores) -> None:
    full = stores.open("c1", ORDERS)
    stores.connections.close(C1)
    with pytest.raises(Unknown):
        subscribe(stores, full, NEWS, limit=2)


def test_a_full_connection_may_ask_again_for_what_it_holds(stores: Stores) -> None:
    connection = stores.open("c1")
    subscribe(stores, connection, ORDERS, limit=2)
    subscribe(stores, connection, ORDERS, limit=2)
    assert stores.members(ORDERS) == 1


def test_a_closed_connection_subscribes_to_nothing(stores: Stores) -> None:
    connection = stores.open("c1")
    stores.connections.close(C1)
    with pytest.raises(Unknown):
        subscribe(stores, connection, ORDERS)
    assert stores.members(ORDERS) == 0
    assert stores.tally() == (0, 0, 0)


def test_only_the_first_in_a_topic_is_asked_whether_there_may_be_one_more(stores: Stores) -> None:
    bob, alice = stores.open("c2", user="bob"), stores.open("c1", "own")
    for topic in (ORDERS, NEWS):
        subscribe(stores, bob, topic)
        subscribe(stores, alice, topic)
    stores.connections.close(bob.id)
    stores.connections.close(alice.id)
    subscribe(stores, stores.open("c3"), ORDERS)
    assert stores.new_topics == ["bob", "bob"]


def test_a_topic_with_a_stream_of_its_own_is_not_new(dynamo: Stores) -> None:
    dynamo.streams.head(ORDERS)
    subscribe(dynamo, dynamo.open("c1"), ORDERS)
    assert dynamo.new_topics == []
    assert dynamo.reaches(ORDERS) == {"c1"}


def test_who_was_the_first_in_too_many_topics_gets_old_ones_only(stores: Stores) -> None:
    connection = stores.open("c1")
    stores.open("c2", NEWS, user="bob")
    stores.new_topics.full = True
    with pytest.raises(RateLimited):
        subscribe(stores, connection, ORDERS)
    subscribe(stores, connection, NEWS)
    assert topics_of(stores, "c1") == {"general", NEWS}
    assert stores.tally() == (2, 0, 2)


def test_a_topic_that_may_not_be_is_not_written(dynamo: Stores) -> None:
    connection = dynamo.open("c1")
    dynamo.new_topics.full = True
    with listed() as calls, pytest.raises(RateLimited):
        subscribe(dynamo, connection, ORDERS)
    assert [call.operation for call in calls] == ["BatchGetItem"]


# Unsubscribing


def test_unsubscribing_takes_one_connection_from_one_topic(stores: Stores) -> None:
    connection = stores.open("c1", ORDERS, NEWS)
    stores.open("c2", ORDERS, user="bob")
    stores.connections.unsubscribe(connection, ORDERS)
    assert topics_of(stores, "c1") == {"general", NEWS}
    assert stores.reaches(ORDERS) == {"c2"}
    assert stores.members(ORDERS) == 1


def test_unsubscribing_twice_is_unsubscribing_once(stores: Stores) -> None:
    connection = stores.open("c1", ORDERS)
    stores.connections.unsubscribe(connection, ORDERS)
    stores.connections.unsubscribe(connection, ORDERS)
    assert stores.tally() == (1, 0, 1)


def test_unsubscribing_from_what_is_not_held_does_nothing(stores: Stores) -> None:
    connection = stores.open("c1")
    stores.connections.unsubscribe(connection, ORDERS)
    stores.connections.unsubscribe(replace(connection, id=ConnectionId("nobody")), ORDERS)
    assert stores.tally() == (1, 0, 1)


def test_a_topic_may_be_taken_up_again(stores: Stores) -> None:
    connection = stores.open("c1", ORDERS)
    stores.connections.unsubscribe(connection, ORDERS)
    subscribe(stores, replace(connection, topics=frozenset()), ORDERS)
    assert stores.reaches(ORDERS) == {"c1"}
    assert stores.tally() == (1, 0, 2)


# Acknowledging


def test_an_acknowledgement_is_kept_and_never_goes_back(stores: Stores) -> None:
    connection = stores.open("c1")
    stream = Pattern("user:a.b@example.com")
    moved = [stores.connections.acknowledge(connection.id, stream, seq) for seq in (2, 1, 2, 12)]
    assert moved == [True, False, False, True]
    stores.connections.acknowledge(connection.id, Pattern("general"), 0)
    kept = stores.connections.get(connection.id)
    assert kept is not None
    assert kept.acked == {stream: 12, "general": 0}


def test_a_closed_connection_acknowledges_nothing(stores: Stores) -> None:
    connection = stores.open("c1")
    stores.connections.close(connection.id)
    with pytest.raises(Unknown):
        stores.connections.acknowledge(connection.id, Pattern("general"), 1)
    assert stores.connections.get(connection.id) is None


def test_a_connection_acknowledges_as_many_streams_as_its_row_has_room_for(
    dynamo: Stores,
) -> None:
    connection = dynamo.open("c1")
    full = {f"orders:{number}": 1 for number in range(MAX_ACKED)}
    ConnectionRow("c1").update(actions=[ConnectionRow.acked.set(full)])
    with pytest.raises(Invalid):
        dynamo.connections.acknowledge(connection.id, Pattern("one.more"), 1)
    assert dynamo.connections.acknowledge(connection.id, Pattern("orders:7"), 2)


# Closing


def test_closing_returns_the_connection_to_one_caller_only(stores: Stores) -> None:
    opened = stores.open("c1", "user:alice")
    subscribe(stores, opened, ORDERS)
    closed = stores.connections.close(C1)
    assert closed == replace(opened, topics=opened.topics | {ORDERS})
    assert stores.connections.close(C1) is None


def test_closing_leaves_nothing_behind(stores: Stores) -> None:
    connection = stores.open("c1", "user:alice")
    subscribe(stores, connection, ORDERS)
    stores.connections.close(C1)
    assert stores.connections.get(C1) is None
    assert stores.tally() == (0, 0, 0)
    assert all(stores.reaches(topic) == set() for topic in ("general", "user:alice", ORDERS))


def test_closing_touches_no_other_connection(stores: Stores) -> None:
    stores.open("c1", "user:alice")
    stores.open("c2", "user:alice")
    stores.connections.close(C1)
    assert stores.reaches("user:alice") == {"c2"}
    assert stores.tally() == (1, 1, 2)


def test_forgetting_is_closing(stores: Stores) -> None:
    opened = stores.open("c1", "user:alice", ORDERS)
    (subscriber,) = stores.subscribers(ORDERS)
    closed = stores.connections.forget(subscriber)
    assert closed == opened
    assert stores.connections.get(C1) is None
    assert stores.tally() == (0, 0, 0)


def test_forgetting_twice_is_forgetting_once(stores: Stores) -> None:
    stores.open("c1", ORDERS)
    stores.open("c2", ORDERS)
    subscriber = stores.subscribers(ORDERS)[0]
    assert stores.connections.forget(subscriber) is not None
    assert stores.connections.forget(subscriber) is None
    assert stores.members(ORDERS) == 1


def test_a_subscription_whose_connection_is_lost_is_forgotten_and_counted(stores: Stores) -> None:
    stores.open("c1", ORDERS)
    stores.lose_row(C1)
    for topic in ("general", ORDERS):
        (subscriber,) = stores.subscribers(topic)
        stores.connections.forget(subscriber)
    assert stores.reaches(ORDERS) == set()
    assert stores.tally() == (0, 0, 0)


# One that somebody has begun to close


def test_one_that_is_being_closed_is_nobodys_but_for_the_sweep(stores: Stores) -> None:
    opened = stores.open("c1", ORDERS)
    stores.begin_to_close(C1)
    assert stores.connections.get(C1) is None
    assert stores.connections.get_each([C1]) == {C1: replace(opened, closing=True)}


def test_one_that_is_being_closed_changes_no_more(stores: Stores) -> None:
    connection = stores.open("c1", ORDERS)
    stores.begin_to_close(C1)
    with pytest.raises(Unknown):
        subscribe(stores, connection, NEWS)
    with pytest.raises(Unknown):
        stores.connections.renew(connection, connection.principal)
    with pytest.raises(Unknown):
        stores.connections.acknowledge(C1, ORDERS, 1)
    unsubscribe(stores, connection, ORDERS)
    assert stores.connections.get_each([C1]) == {C1: replace(connection, closing=True)}
    assert stores.tally() == (1, 0, 2)


def test_who_comes_after_somebody_who_died_of_it_closes_it(stores: Stores) -> None:
    opened = stores.open("c1", ORDERS)
    stores.begin_to_close(C1)
    assert stores.connections.close(C1) == opened
    assert stores.connections.get_each([C1]) == {}
    assert stores.reaches(ORDERS) == set()
    assert stores.tally() == (0, 0, 0)


# What the sweep asks


def test_many_are_read_at_once_with_what_they_hold(stores: Stores) -> None:
    opened = {stores.open(f"c{number}", ORDERS).id for number in range(3)}
    found = stores.connections.get_each([*opened, ConnectionId("nobody")])
    assert set(found) == opened
    assert found[C1] == stores.connections.get(C1)
    assert stores.connections.get_each([]) == {}


def test_a_row_whose_time_is_over_is_read_as_long_as_it_is_there(stores: Stores) -> None:
    stores.open("c1")
    stores.clock.advance(MAX_AGE_MS + ROW_GRACE_MS)
    assert set(stores.connections.get_each([C1])) == {C1}


def test_what_is_left_of_a_lost_connection_is_cleared_and_counted(stores: Stores) -> None:
    stores.open("c1", "user:alice", ORDERS)
    stores.open("c2", ORDERS)
    stores.lose_row(C1)
    topics = frozenset(map(Pattern, ("general", "user:alice", ORDERS)))
    places = stores.connections.clear({C1: topics})
    assert places == {Shard(topic, 0) for topic in topics}
    assert stores.reaches(ORDERS) == {"c2"}
    assert stores.tally() == (1, 0, 2)


def test_clearing_where_nothing_is_left_changes_nothing(stores: Stores) -> None:
    stores.open("c2", ORDERS)
    assert stores.connections.clear({C1: frozenset({ORDERS})}) == {Shard(ORDERS, 0)}
    assert stores.connections.clear({}) == set()
    assert stores.tally() == (1, 0, 2)


# Any sequence, against a model that a child could check

IDS = ("c1", "c2", "c3")
TOPICS = ("a:b", "a:*", "user:alice:x")
PATTERNS = ("general", "a:b", "a:*", "a:c", "user:alice", "user:alice:*", "*")
steps = st.tuples(
    st.sampled_from(["open", "close", "forget", "subscribe", "subscribe", "unsubscribe"]),
    st.sampled_from(IDS),
    st.sampled_from(TOPICS),
)
LIMIT = 4  # general, the user's own and two more


class Model:
    """Who holds what, as a dict."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.held: dict[str, set[str]] = {}
        self.last: dict[str, Connection] = {}

    def open(self, connection_id: str, topic: str) -> None:
        if connection_id not in self.last:  # the gateway never gives out an id twice
            user = "user:alice" if connection_id != "c3" else "user:bob"
            name = user.removeprefix("user:")
            self.last[connection_id] = self.stores.open(connection_id, user, topic, user=name)
            self.held[connection_id] = {"general", user, topic}

    def close(self, connection_id: str, topic: str) -> None:
        closed = self.stores.connections.close(ConnectionId(connection_id))
        assert (set(closed.topics) if closed else None) == self.held.pop(connection_id, None)

    def forget(self, connection_id: str, topic: str) -> None:
        for subscriber in self.stores.subscribers("general"):
            if subscriber.connection_id == connection_id:
                self.stores.connections.forget(subscriber)
        self.held.pop(connection_id, None)

    def subscribe(self, connection_id: str, topic: str) -> None:
        if connection_id not in self.last:
            return
        read = self.stores.connections.get(ConnectionId(connection_id))
        held = self.held.get(connection_id)
        if held is None:
            assert read is None
            gone = replace(self.last[connection_id], topics=frozenset())
            with pytest.raises(Unknown):
                subscribe(self.stores, gone, topic, LIMIT)
        elif topic not in held and len(held) >= LIMIT:
            assert read is not None
            with pytest.raises(Invalid):
                subscribe(self.stores, read, topic, LIMIT)
        else:
            assert read is not None
            subscribe(self.stores, read, topic, LIMIT)
            held.add(topic)

    def unsubscribe(self, connection_id: str, topic: str) -> None:
        if connection_id in self.last:
            self.stores.connections.unsubscribe(self.last[connection_id], Pattern(topic))
            self.held.get(connection_id, set()).discard(topic)

    def check(self) -> None:
        everything = set(itertools.chain.from_iterable(self.held.values()))
        users = everything & {"user:alice", "user:bob"}
        assert self.stores.tally() == (len(self.held), len(users), len(everything))
        for who in IDS:
            read = self.stores.connections.get(ConnectionId(who))
            assert (set(read.topics) if read else None) == self.held.get(who)
        for topic in everything:
            holders = {who for who, topics in self.held.items() if topic in topics}
            assert holders <= self.stores.reaches(topic)
            assert total_members(self.stores, topic) == len(holders)


def total_members(stores: Stores, topic: str) -> int:
    audiences = stores.subscriptions.audiences(Pattern(topic))
    exact = [each for each in audiences if each.pattern == topic]
    return sum(stores.subscriptions.sizes(exact).values())


def follow(kind: str, sequence: list[tuple[str, str, str]]) -> None:
    with fresh(kind) as stores:
        model = Model(stores)
        for step, connection_id, topic in sequence:
            getattr(model, step)(connection_id, topic)
        model.check()


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(steps, max_size=30))
def test_counts_and_topics_are_exact_after_any_sequence_in_memory(
    sequence: list[tuple[str, str, str]],
) -> None:
    follow("memory", sequence)


@settings(derandomize=True, deadline=None, max_examples=6)
@given(st.lists(steps, min_size=6, max_size=20))
def test_counts_and_topics_are_exact_after_any_sequence_on_dynamodb(
    sequence: list[tuple[str, str, str]],
) -> None:
    follow("dynamodb", sequence)


# On DynamoDB: races


@pytest.mark.parametrize("seed", range(3))
def test_subscribe_against_disconnect_leaves_no_half_of_it(seed: int) -> None:
    with fresh("dynamodb") as stores:
        connection = stores.open("c1", "user:alice")
        subscribed, closed = interleave(
            seed,
            lambda: subscribe(stores, connection, ORDERS),
            lambda: stores.connections.close(C1),
        )
        assert subscribed is None or isinstance(subscribed, Unknown)
        assert isinstance(closed, Connection)
        assert stores.tally() == (0, 0, 0)
        assert list(SubscriptionRow.query(f"{ORDERS}#0")) == []


def test_a_connection_that_closes_between_read_and_write_is_unknown(dynamo: Stores) -> None:
    connection = dynamo.open("c1")
    with (
        before("TransactWriteItems", "connections", lambda: dynamo.connections.close(C1)),
        pytest.raises(Unknown),
    ):
        subscribe(dynamo, connection, ORDERS)
    assert dynamo.tally() == (0, 0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_parallel_frames_of_one_connection_are_counted_once_each(seed: int) -> None:
    with fresh("dynamodb") as stores:
        connection = stores.open("c1", NEWS)
        results = interleave(
            seed,
            lambda: subscribe(stores, connection, ORDERS),
            lambda: subscribe(stores, connection, ORDERS),
            lambda: stores.connections.unsubscribe(connection, NEWS),
            lambda: stores.connections.unsubscribe(connection, NEWS),
        )
        assert results == [None, None, None, None]
        assert topics_of(stores, "c1") == {"general", ORDERS}
        assert stores.tally() == (1, 0, 2)


@pytest.mark.parametrize("seed", range(3))
def test_parallel_frames_never_pass_the_limit(seed: int) -> None:
    with fresh("dynamodb") as stores:
        connection = stores.open("c1")
        results = interleave(
            seed,
            lambda: subscribe(stores, connection, ORDERS, limit=2),
            lambda: subscribe(stores, connection, NEWS, limit=2),
        )
        assert [type(result) for result in results].count(Invalid) == 1
        assert len(topics_of(stores, "c1")) == 2
        assert stores.tally() == (1, 0, 2)


@pytest.mark.parametrize("seed", range(3))
def test_one_coming_while_another_goes_is_reached(seed: int) -> None:
    with fresh("dynamodb") as stores:
        stores.open("c1", "user:alice")
        _, closed = interleave(
            seed,
            lambda: stores.open("c2", "user:alice"),
            lambda: stores.connections.close(C1),
        )
        assert isinstance(closed, Connection)
        assert stores.reaches("user:alice") == {"c2"}
        assert stores.tally() == (1, 1, 2)


@pytest.mark.parametrize("seed", range(3))
def test_one_of_two_who_close_gets_the_connection(seed: int) -> None:
    with fresh("dynamodb") as stores:
        stores.open("c1", ORDERS)
        (subscriber,) = stores.subscribers(ORDERS)
        closings = interleave(
            seed,
            lambda: stores.connections.close(C1),
            lambda: stores.connections.close(C1),
            lambda: stores.connections.forget(subscriber),
        )
        assert sum(closed is not None for closed in closings) <= 1
        assert stores.tally() == (0, 0, 0)


def test_who_was_told_subscribed_is_reached_whatever_another_does(dynamo: Stores) -> None:
    slow, quick = dynamo.open("c1"), dynamo.open("c2")

    def quick_one_is_told() -> None:
        subscribe(dynamo, quick, ORDERS)
        reached_meanwhile.update(dynamo.reaches(ORDERS))

    reached_meanwhile: set[str] = set()
    # `slow` has counted itself in its shard, and not yet told the topic.
    with before("UpdateItem", "topics", quick_one_is_told):
        subscribe(dynamo, slow, ORDERS)
    assert reached_meanwhile == {"c2"}


# On DynamoDB: crashes


def test_a_crash_while_subscribing_costs_nobody_else_the_topic() -> None:
    for crash in crashes():
        with fresh("dynamodb") as stores:
            crasher, other = stores.open("c1"), stores.open("c2")
            crash(partial(subscribe, stores, crasher, ORDERS))
            subscribe(stores, other, ORDERS)
            assert "c2" in stores.reaches(ORDERS)
            assert stores.members(ORDERS) >= len(stores.reaches(ORDERS))


def test_a_crash_while_connecting_costs_nobody_else_a_topic() -> None:
    for crash in crashes():
        with fresh("dynamodb") as stores:
            crash(partial(stores.open, "c1", "user:alice"))
            stores.open("c2", "user:alice")
            assert "c2" in stores.reaches("user:alice")
            assert "c2" in stores.reaches("general")


def test_a_crash_while_unsubscribing_costs_nobody_else_the_topic() -> None:
    for crash in crashes():
        with fresh("dynamodb") as stores:
            crasher = stores.open("c1", ORDERS)
            crash(partial(unsubscribe, stores, crasher, ORDERS))
            stores.open("c2", ORDERS)
            assert "c2" in stores.reaches(ORDERS)
            assert stores.members(ORDERS) >= len(stores.reaches(ORDERS))


def test_a_crash_while_closing_costs_nobody_else_the_topic() -> None:
    for crash in crashes():
        with fresh("dynamodb") as stores:
            stores.open("c1", ORDERS)
            crash(partial(stores.connections.close, C1))
            stores.open("c2", ORDERS)
            assert "c2" in stores.reaches(ORDERS)
            assert stores.members(ORDERS) >= len(stores.reaches(ORDERS))


def test_a_topic_that_was_throttled_once_is_reached_by_the_next_try(dynamo: Stores) -> None:
    connection = dynamo.open("c1")
    throttled = failing("ThrottlingException", operation="UpdateItem", table="topics", times=1)
    with throttled, pytest.raises(Unavailable):
        subscribe(dynamo, connection, ORDERS)
    subscribe(dynamo, connection, ORDERS)
    assert dynamo.reaches(ORDERS) == {"c1"}


def test_a_count_that_was_added_twice_costs_nobody_the_topic(dynamo: Stores) -> None:
    # ADD is not idempotent: botocore repeats it after a timeout though DynamoDB has done it.
    connection = dynamo.open("c1")
    counter = CounterRow(members_counter(ORDERS), 0)
    repeated = before(
        "UpdateItem", "counters", lambda: counter.update(actions=[CounterRow.value.add(1)])
    )
    with repeated:
        subscribe(dynamo, connection, ORDERS)
    assert dynamo.reaches(ORDERS) == {"c1"}


def test_a_count_that_was_lowered_twice_costs_nobody_the_topic(dynamo: Stores) -> None:
    dynamo.open("c1", ORDERS)
    dynamo.open("c2", ORDERS)
    repeated = before(
        "UpdateItem",
        "counters",
        lambda: [
            CounterRow(members_counter(topic), 0).update(actions=[CounterRow.value.add(-1)])
            for topic in (ORDERS, Pattern("general"))
        ],
    )
    with repeated:
        dynamo.connections.close(C1)
    assert dynamo.reaches(ORDERS) == {"c2"}


def test_a_crash_while_closing_leaves_a_connection_whole_or_to_be_closed() -> None:
    topics = {"general", "user:alice", ORDERS}
    for crash in crashes():
        with fresh("dynamodb") as stores:
            connection = stores.open("c1", "user:alice")
            subscribe(stores, connection, ORDERS)
            crash(partial(stores.connections.close, C1))
            reached = {topic for topic in topics if stores.reaches(topic)}
            assert stores.connections.get(C1) is None or reached == topics
            # What is left is found by the row.
            assert not reached or stores.connections.get_each([C1])[C1].topics == topics
            stores.connections.close(C1)
            assert not any(stores.reaches(topic) for topic in topics)


@pytest.mark.parametrize("table", ["subscriptions", "connections"])
def test_who_could_not_be_closed_is_nobodys(dynamo: Stores, table: str) -> None:
    connection = dynamo.open("c1", ORDERS)
    throttled = failing("ThrottlingException", operation="DeleteItem", table=table)
    with throttled, pytest.raises(Unavailable):
        dynamo.connections.close(C1)
    assert dynamo.connections.get(C1) is None
    with pytest.raises(Unknown):
        subscribe(dynamo, connection, NEWS)


def test_a_topic_that_was_subscribed_to_a_moment_before_is_left_too(dynamo: Stores) -> None:
    connection = dynamo.open("c1")
    with before("UpdateItem", "connections", lambda: subscribe(dynamo, connection, ORDERS)):
        closed = dynamo.connections.close(C1)
    assert closed is not None
    assert ORDERS in closed.topics
    assert dynamo.reaches(ORDERS) == set()
    assert dynamo.tally() == (0, 0, 0)


def test_closing_asks_once_for_the_row_and_once_for_each_subscription(dynamo: Stores) -> None:
    dynamo.open("c1", ORDERS)
    with listed() as calls:
        dynamo.connections.close(C1)
    rows = [call for call in calls if call.tables & {"connections", "subscriptions"}]
    assert [call.operation for call in rows] == ["UpdateItem", *3 * ["DeleteItem"]]
    with listed() as calls:
        dynamo.connections.close(C1)
    assert [call.operation for call in calls] == ["UpdateItem"]


# On DynamoDB: errors


@pytest.mark.parametrize(
    "method",
    [
        "open",
        "get",
        "subscribe",
        "unsubscribe",
        "renew",
        "extend",
        "close",
        "forget",
        "acknowledge",
    ],
)
def test_a_table_that_is_busy_is_unavailable(dynamo: Stores, method: str) -> None:
    connection = dynamo.open("c1", ORDERS)
    (subscriber,) = dynamo.subscribers(ORDERS)
    arguments: dict[str, tuple[object, ...]] = {
        "open": (a_connection("c2"),),
        "get": (C1,),
        "subscribe": (connection, NEWS, 100),
        "unsubscribe": (connection, ORDERS),
        "renew": (connection, connection.principal),
        "extend": (subscriber, NOW),
        "close": (C1,),
        "forget": (subscriber,),
        "acknowledge": (C1, ORDERS, 1),
    }
    with failing("ThrottlingException"), pytest.raises(Unavailable):
        getattr(dynamo.connections, method)(*arguments[method])


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
def test_a_transaction_that_collides_is_tried_again(dynamo: Stores, reason: str) -> None:
    connection = dynamo.open("c1")
    with failing(
        "TransactionCanceledException", reason, "None", operation="TransactWriteItems", times=1
    ):
        subscribe(dynamo, connection, ORDERS)
    assert dynamo.reaches(ORDERS) == {"c1"}
    assert dynamo.members(ORDERS) == 1


def test_a_transaction_that_is_no_good_is_a_bug(dynamo: Stores) -> None:
    connection = dynamo.open("c1")
    wrong = failing(
        "TransactionCanceledException", "ValidationError", operation="TransactWriteItems"
    )
    with wrong, pytest.raises(TransactWriteError):
        subscribe(dynamo, connection, ORDERS)


def test_closing_against_a_transaction_in_flight_is_temporary(dynamo: Stores) -> None:
    dynamo.open("c1", ORDERS)
    colliding = failing("TransactionConflictException", operation="DeleteItem")
    with colliding, pytest.raises(Unavailable):
        dynamo.connections.close(C1)


def test_a_transaction_in_flight_is_waited_for_by_who_closes(dynamo: Stores) -> None:
    dynamo.open("c1", ORDERS)
    with failing("TransactionConflictException", table="connections", times=2):
        assert dynamo.connections.close(C1) is not None
    assert dynamo.tally() == (0, 0, 0)


def test_a_connection_may_give_its_last_topic_back(dynamo: Stores) -> None:
    connection = dynamo.open("c1")
    dynamo.connections.unsubscribe(connection, Pattern("general"))
    assert topics_of(dynamo, "c1") == set()


def test_a_row_lists_the_keys_of_its_subscriptions(dynamo: Stores) -> None:
    dynamo.open("c1", ORDERS)
    row = ConnectionRow.get("c1")
    assert row.topics == {"general#0", "orders:eu#0"}
    assert row.expires_at == (NOW + MAX_AGE_MS + ROW_GRACE_MS) // 1000
    assert total(members_counter(ORDERS)) == 1


# Renewing


def a_principal(connection: Connection, *roles: str, ms: int = 0) -> Principal:
    """Of the same user, with a token that ends so much later."""
    ends_at = connection.principal.token_expires_at + ms
    return replace(connection.principal, roles=frozenset(roles), token_expires_at=ends_at)


def test_a_renewed_connection_has_the_new_principal_and_what_it_had(stores: Stores) -> None:
    connection = stores.open("c1", ORDERS)
    full = Principal(
        connection.principal.username,
        frozenset({"editor"}),
        "acme",
        NOW + 7,
        {ORDERS: frozenset({Action.PUBLISH})},
        "sid",
    )
    for principal in (full, a_principal(connection)):
        current = stores.connections.get(C1)
        assert current is not None
        renewed = stores.connections.renew(current, principal)
        assert renewed == replace(current, principal=principal, renewals=current.renewals + 1)
        assert stores.connections.get(C1) == renewed


def test_a_connection_keeps_when_its_token_was_issued(stores: Stores) -> None:
    connection, first, second = a_connection("c1"), NOW - 5, NOW + 5
    old, new = (replace(connection.principal, issued_at=at) for at in (first, second))
    stores.connections.open(replace(connection, principal=old))
    opened = stores.connections.get(C1)
    renewed = stores.connections.renew(connection, new)
    assert opened is not None
    assert (opened.principal.issued_at, renewed.principal.issued_at) == (first, second)


def test_a_row_older_than_that_field_has_a_token_that_was_good_when_it_came(
    dynamo: Stores,
) -> None:
    dynamo.connections.open(a_connection("c1"))
    ConnectionRow("c1").update(actions=[ConnectionRow.issued_at.remove()])
    current = dynamo.connections.get(C1)
    assert current is not None
    assert current.principal.issued_at == current.connected_at


def test_a_closed_connection_is_not_renewed(stores: Stores) -> None:
    connection = stores.open("c1")
    stores.connections.close(C1)
    with pytest.raises(Unknown):
        stores.connections.renew(connection, a_principal(connection))
    assert stores.connections.get(C1) is None


def test_what_was_decided_for_an_old_token_is_not_done(stores: Stores) -> None:
    connection = stores.open("c1", NEWS)
    renewed = stores.connections.renew(connection, a_principal(connection))
    with pytest.raises(Conflict):
        subscribe(stores, connection, ORDERS)
    with pytest.raises(Conflict):
        unsubscribe(stores, connection, NEWS)
    with pytest.raises(Conflict):
        stores.connections.renew(connection, a_principal(connection, "another"))
    assert topics_of(stores, "c1") == {"general", NEWS}
    assert stores.tally() == (1, 0, 2)
    subscribe(stores, renewed, ORDERS)
    unsubscribe(stores, renewed, NEWS)
    assert topics_of(stores, "c1") == {"general", ORDERS}


def test_a_token_that_comes_twice_is_taken_once(stores: Stores) -> None:
    connection = stores.open("c1", NEWS)
    renewed = stores.connections.renew(connection, a_principal(connection, "editor"))
    subscribe(stores, renewed, ORDERS)
    again = stores.connections.renew(connection, a_principal(connection, "editor"))
    assert again == stores.connections.get(C1)
    assert again.renewals == 1
    assert again.topics == {"general", NEWS, ORDERS}


@pytest.mark.parametrize("ms", [-1, 0, 1])
def test_a_token_is_taken_also_where_the_answer_to_its_write_was_lost(
    dynamo: Stores, ms: int
) -> None:
    connection = dynamo.open("c1", NEWS)
    with repeated("UpdateItem", "connections"):
        renewed = dynamo.connections.renew(connection, a_principal(connection, "editor", ms=ms))
    assert renewed == dynamo.connections.get(C1)
    assert renewed.renewals == 1
    assert renewed.principal.roles == {"editor"}


def ends(stores: Stores, pattern: str = "general") -> int:
    (subscriber,) = stores.subscribers(pattern)
    return subscriber.token_expires_at


def test_no_subscription_outlives_a_token_that_ends_earlier(stores: Stores) -> None:
    connection = stores.open("c1", ORDERS)
    before = ends(stores)
    stores.connections.renew(connection, a_principal(connection, ms=-1))
    assert (ends(stores), ends(stores, ORDERS)) == (before - 1, before - 1)


def test_a_subscription_is_told_of_a_new_token_once(stores: Stores) -> None:
    connection = stores.open("c1", ORDERS)
    (met,) = stores.subscribers(ORDERS)
    stores.connections.renew(connection, a_principal(connection, ms=5))
    assert ends(stores, ORDERS) == met.token_expires_at
    stores.connections.extend(met, met.token_expires_at + 5)
    stores.connections.extend(met, met.token_expires_at + 9)  # who has met the old row as well
    assert ends(stores, ORDERS) == met.token_expires_at + 5
    assert ends(stores) == met.token_expires_at


def test_a_subscription_that_is_gone_is_not_extended(stores: Stores) -> None:
    stores.open("c1", ORDERS)
    (met,) = stores.subscribers(ORDERS)
    stores.connections.close(C1)
    stores.connections.extend(met, met.token_expires_at + 5)
    assert stores.reaches(ORDERS) == set()


@pytest.mark.parametrize("seed", range(4))
def test_of_two_tokens_at_once_one_is_taken(seed: int) -> None:
    with fresh("dynamodb") as stores:
        connection = stores.open("c1")
        one, two = a_principal(connection, "one"), a_principal(connection, "two")
        results = interleave(
            seed,
            lambda: stores.connections.renew(connection, one),
            lambda: stores.connections.renew(connection, two),
        )
        taken = [result for result in results if isinstance(result, Connection)]
        assert taken == [stores.connections.get(C1)]
        assert sum(isinstance(result, Conflict) for result in results) == 1


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_subscribed_for_a_token_that_another_has_followed(seed: int) -> None:
    with fresh("dynamodb") as stores:
        connection = stores.open("c1")
        subscribed, renewed = interleave(
            seed,
            lambda: subscribe(stores, connection, ORDERS),
            lambda: stores.connections.renew(connection, a_principal(connection)),
        )
        assert isinstance(renewed, Connection)
        # Either it was there before, and whoever renews has seen it; or it was not taken.
        assert (subscribed is None) == (ORDERS in renewed.topics)
        assert subscribed is None or isinstance(subscribed, Conflict)
        assert stores.members(ORDERS) == len(stores.reaches(ORDERS))


def test_a_subscription_that_comes_while_a_shorter_token_does_ends_with_it(
    dynamo: Stores,
) -> None:
    connection = dynamo.open("c1")
    shorter = a_principal(connection, ms=-5)
    with before("UpdateItem", "connections", lambda: subscribe(dynamo, connection, ORDERS)):
        dynamo.connections.renew(connection, shorter)
    assert ends(dynamo, ORDERS) == shorter.token_expires_at


def test_a_connection_of_a_time_without_renewals_goes_on(dynamo: Stores) -> None:
    connection = dynamo.open("c1")
    ConnectionRow("c1").update(actions=[ConnectionRow.renewals.remove()])
    subscribe(dynamo, connection, ORDERS)
    unsubscribe(dynamo, connection, ORDERS)
    assert dynamo.connections.renew(connection, a_principal(connection)).renewals == 1


def test_a_token_that_meets_a_transaction_is_tried_again(dynamo: Stores) -> None:
    connection = dynamo.open("c1")
    with failing("TransactionConflictException", operation="UpdateItem", times=2):
        assert dynamo.connections.renew(connection, a_principal(connection)).renewals == 1
    colliding = failing("TransactionConflictException", operation="UpdateItem")
    with colliding, pytest.raises(Unavailable):
        dynamo.connections.renew(connection, a_principal(connection))
