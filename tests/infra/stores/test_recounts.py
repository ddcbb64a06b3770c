from collections.abc import Callable
from functools import partial

import pytest

from infra.stores.counts import TOPICS, USERS, members_counter
from infra.stores.tallies import APART_MS
from infra.tables import CounterRow, SubscriptionRow, TopicRow
from notify.deadlines import MINUTE_MS
from notify.errors import Unavailable
from notify.model import MAX_AGE_MS, ROW_GRACE_MS, ConnectionId, Pattern
from notify.parts import Shard
from notify.ports import PAGE_SIZE, TOTALS, Look
from notify.topics import PARTS, part_of, root
from tests import rows
from tests.fakes import NOW
from tests.infra.stores.calls import WRITES, before, crashes, failing
from tests.infra.stores.conftest import Stores, fresh

ORDERS, ALICE, GENERAL = Pattern("orders:eu"), Pattern("user:alice"), Pattern("general")
MINUTE = NOW // MINUTE_MS
C1 = ConnectionId("c1")


def look(stores: Stores, pattern: Pattern, shard: int = 0) -> Look:
    return stores.recounts.look(Shard(pattern, shard), stores.clock())


def everything(stores: Stores) -> Look:
    """The whole tree of three topics, from its leaves up."""
    patterns = (ORDERS, ALICE, GENERAL)
    looks = [look(stores, pattern) for pattern in patterns]
    looks += [look(stores, TOTALS, part_of(root(pattern))) for pattern in patterns]
    return Look(any(each.suspect for each in looks), sum(each.corrected for each in looks))


def settle(stores: Stores) -> None:
    """Looks until nothing is suspect. What is found below shows above a look later."""
    for _ in range(6):
        if not everything(stores).suspect:
            return
        stores.clock.advance(APART_MS)
    raise AssertionError("it does not come to rest")


# Both


def test_what_is_right_is_left_alone(stores: Stores) -> None:
    stores.open("c1", ALICE, ORDERS)
    assert everything(stores) == Look()
    assert stores.tally() == (1, 1, 3)


def test_rows_whose_time_is_over_are_removed_and_counted_out(stores: Stores) -> None:
    stores.open("c1", ALICE, ORDERS)
    stores.lose_row(C1)
    stores.clock.advance(MAX_AGE_MS + ROW_GRACE_MS)
    assert look(stores, ORDERS) == Look(expired=1)
    assert stores.members(ORDERS) == 0
    assert stores.tally() == (1, 1, 2)
    settle(stores)
    assert stores.tally() == (0, 0, 0)


def test_every_place_but_the_users_lies_in_one_part(stores: Stores) -> None:
    stores.open("c1", ALICE, "user:alice:drafts", ORDERS, "orders:*", "news")
    parts = [list(stores.recounts.places(part)) for part in range(PARTS)]
    found = [place for part in parts for place in part]
    patterns = {"general", "news", "orders:*", "orders:eu"}
    assert len(found) == len(patterns)
    assert set(found) == {Shard(Pattern(pattern), 0) for pattern in patterns}
    assert Shard(ORDERS, 0) in parts[part_of(root(ORDERS))]


def test_a_topic_that_was_a_stream_first_is_found_too(stores: Stores) -> None:
    stores.streams.head(ORDERS)
    stores.open("c1", ORDERS)
    assert Shard(ORDERS, 0) in list(stores.recounts.places(part_of("orders")))


def test_places_wait_for_their_minute_by_pages(stores: Stores) -> None:
    places = {Shard(Pattern(f"a:{number}"), number % 3) for number in range(PAGE_SIZE + 5)}
    stores.recounts.put(places, MINUTE)
    stores.recounts.put(list(places)[:3], MINUTE)
    stores.recounts.put([Shard(TOTALS, 5)], MINUTE + 1)
    pages = []
    for page in stores.recounts.due(MINUTE):
        pages += page
        stores.recounts.drop(page, MINUTE)
    assert len(pages) == len(places)
    assert set(pages) == places
    assert list(stores.recounts.due(MINUTE)) == []
    assert list(stores.recounts.due(MINUTE + 1)) == [[Shard(TOTALS, 5)]]


# On DynamoDB: what drifts


def test_the_shards_of_a_topic_that_has_grown_are_all_found(dynamo: Stores) -> None:
    dynamo.open("c1", ORDERS)
    TopicRow("orders", ORDERS).update(actions=[TopicRow.shards.set(2)])
    places = set(dynamo.recounts.places(part_of("orders")))
    assert {Shard(ORDERS, 0), Shard(ORDERS, 1)} <= places


def test_who_only_watches_a_user_does_not_count(dynamo: Stores) -> None:
    dynamo.open("c1", ALICE, user="bob")
    assert look(dynamo, ALICE) == Look()


def test_an_addition_that_was_repeated_is_taken_back(dynamo: Stores) -> None:
    repeated = before(
        "UpdateItem",
        "counters",
        lambda: CounterRow(members_counter(GENERAL), 0).update(actions=[CounterRow.value.add(1)]),
    )
    with repeated:
        dynamo.open("c1")
    assert dynamo.tally()[0] == 2
    settle(dynamo)
    assert dynamo.tally() == (1, 0, 1)


def test_a_connect_in_flight_is_never_undone(dynamo: Stores) -> None:
    dynamo.open("c1", ORDERS)
    looks = []

    def looked() -> None:
        looks.append(look(dynamo, ORDERS))
        dynamo.clock.advance(APART_MS)

    # One after the other is counted, and not yet there, as somebody looks.
    for number in range(2, 5):
        with before("BatchWriteItem", "subscriptions", looked):
            dynamo.open(f"c{number}", ORDERS)
    assert [each.suspect for each in looks] == [True, True, True]
    assert dynamo.members(ORDERS) == 4
    assert look(dynamo, ORDERS) == Look()


OPERATIONS: dict[str, Callable[[Stores], object]] = {
    "open": lambda stores: stores.open("c2", ALICE, ORDERS),
    "subscribe": lambda stores: stores.connections.subscribe(stores.open("c2"), ORDERS, 100),
    "close": lambda stores: stores.connections.close(C1),
    "look": lambda stores: look(stores, ORDERS),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_a_crash_leaves_is_right_again_once_it_was_looked_at(name: str) -> None:
    for crash in crashes(of=WRITES):
        with fresh("dynamodb") as stores:
            stores.open("c1", ALICE, ORDERS)
            if name == "look":
                CounterRow(members_counter(ORDERS), 0).update(actions=[CounterRow.value.add(-1)])
                look(stores, ORDERS)
                stores.clock.advance(APART_MS)
            crash(partial(OPERATIONS[name], stores))
            lost = [each for each in ("c1", "c2") if not is_there(stores, each)]
            topics = frozenset({GENERAL, ALICE, ORDERS})
            stores.connections.clear({ConnectionId(each): topics for each in lost})
            settle(stores)
            for who in ("c1", "c2"):
                stores.connections.close(ConnectionId(who))
            assert stores.tally() == (0, 0, 0)
            assert sum(int(row.value) for row in rows.everything(CounterRow)) == 0
            assert not rows.everything(SubscriptionRow)


def is_there(stores: Stores, connection_id: str) -> bool:
    return stores.connections.get(ConnectionId(connection_id)) is not None


@pytest.mark.parametrize("counter", [TOPICS, USERS])
def test_the_totals_are_held_against_the_directory(dynamo: Stores, counter: str) -> None:
    dynamo.open("c1", ALICE, ORDERS)
    pattern = ORDERS if counter == TOPICS else ALICE
    CounterRow(counter, part_of(root(pattern))).update(actions=[CounterRow.value.add(5)])
    assert dynamo.tally() != (1, 1, 3)
    settle(dynamo)
    assert dynamo.tally() == (1, 1, 3)


def test_a_topic_that_ceases_to_have_members_is_told_to_the_totals(dynamo: Stores) -> None:
    dynamo.open("c1", ALICE)
    dynamo.lose_row(C1)
    SubscriptionRow(f"{ALICE}#0", "c1").delete()
    look(dynamo, ALICE)
    dynamo.clock.advance(APART_MS)
    assert look(dynamo, ALICE).corrected == 1
    assert dynamo.tally()[1] == 0


@pytest.mark.parametrize("method", ["look", "totals", "places", "put", "due", "drop"])
def test_a_table_that_is_busy_is_unavailable(dynamo: Stores, method: str) -> None:
    recounts, place = dynamo.recounts, Shard(ORDERS, 0)
    calls: dict[str, Callable[[], object]] = {
        "look": lambda: recounts.look(place, NOW),
        "totals": lambda: recounts.look(Shard(TOTALS, 0), NOW),
        "places": lambda: list(recounts.places(0)),
        "put": lambda: recounts.put([place], MINUTE),
        "due": lambda: list(recounts.due(MINUTE)),
        "drop": lambda: recounts.drop([place], MINUTE),
    }
    with failing("ThrottlingException"), pytest.raises(Unavailable):
        calls[method]()
