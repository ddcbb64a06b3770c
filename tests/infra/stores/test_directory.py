import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.stores import directory
from infra.stores.counts import members_counter
from infra.tables import CounterRow, TopicRow
from notify.errors import Unavailable
from notify.model import ConnectionId, Pattern
from notify.ports import Audience
from tests.infra.stores.calls import before, failing
from tests.infra.stores.conftest import Stores

ORDERS = Pattern("orders:eu")


def fill(*members: int, shards: int | None = None) -> None:
    """A topic with that many members in each of its shards, as its counters have it."""
    for shard, count in enumerate(members):
        CounterRow(members_counter(ORDERS), shard, value=count).save()
    TopicRow("orders", ORDERS, live_shards=len(members), shards=shards).save()


def shards() -> int:
    return directory.shards_of([ORDERS])[ORDERS]


def in_shard(shard: int, of: int, place: int = 0) -> str:
    """The id of a connection that falls into a shard."""
    ids = (ConnectionId(f"c{number}") for number in range(10_000))
    found = [each for each in ids if directory.shard_of(each, of) == shard]
    return found[place]


@settings(derandomize=True, deadline=None)
@given(st.text(min_size=1, max_size=40), st.sampled_from([1, 2, 4, 1024]))
def test_a_connection_falls_into_one_of_the_shards(text: str, shards: int) -> None:
    first = directory.shard_of(ConnectionId(text), shards)
    assert 0 <= first < shards
    assert first == directory.shard_of(ConnectionId(text), shards)


def test_connections_spread_evenly() -> None:
    ids = [ConnectionId(f"L0SM9cOFvHcCI{number:04}=") for number in range(4000)]
    sizes = [sum(directory.shard_of(each, 4) == shard for each in ids) for shard in range(4)]
    assert min(sizes) > 800


def test_a_topic_begins_with_one_shard(dynamo: Stores) -> None:
    assert directory.shards_of([ORDERS, Pattern("news")]) == {ORDERS: 1, "news": 1}


def test_no_topics_have_no_shards(dynamo: Stores) -> None:
    assert directory.shards_of([]) == {}


def test_more_topics_are_read_than_fit_into_one_call(dynamo: Stores) -> None:
    patterns = [Pattern(f"t:{number}") for number in range(150)]
    assert len(directory.shards_of(patterns)) == 150


def test_a_full_topic_doubles_its_shards(dynamo: Stores) -> None:
    fill(directory.SHARD_SIZE - 1)
    dynamo.open("c1", ORDERS)
    assert shards() == 2
    assert dynamo.subscriptions.audiences(ORDERS) == [Audience(ORDERS, 2)]


def test_a_topic_that_is_not_full_stays_as_it_is(dynamo: Stores) -> None:
    fill(directory.SHARD_SIZE - 2)
    dynamo.open("c1", ORDERS)
    assert shards() == 1


def test_a_full_shard_looks_at_its_topic_now_and_then_only(dynamo: Stores) -> None:
    fill(directory.SHARD_SIZE)
    dynamo.open("c1", ORDERS)
    assert shards() == 1


def test_a_full_shard_of_a_topic_with_room_stays_as_it_is(dynamo: Stores) -> None:
    fill(directory.SHARD_SIZE - 1, 100, shards=2)
    dynamo.open(in_shard(0, of=2), ORDERS)
    assert shards() == 2


def test_a_topic_that_has_grown_grows_again(dynamo: Stores) -> None:
    fill(directory.SHARD_SIZE - 1, directory.SHARD_SIZE, shards=2)
    dynamo.open(in_shard(0, of=2), ORDERS)
    assert shards() == 4


def test_the_largest_topic_grows_no_more(dynamo: Stores) -> None:
    fill(directory.SHARD_SIZE - 1, shards=directory.MAX_SHARDS)
    CounterRow(members_counter(ORDERS), 1, value=10_000_000).save()
    dynamo.open(in_shard(0, of=directory.MAX_SHARDS), ORDERS)
    assert shards() == directory.MAX_SHARDS


def test_who_was_there_before_and_who_came_after_are_both_reached(dynamo: Stores) -> None:
    old, new = in_shard(1, of=2), in_shard(1, of=2, place=1)
    dynamo.open(old, ORDERS)
    CounterRow(members_counter(ORDERS), 0, value=directory.SHARD_SIZE - 1).save()
    grower = in_shard(0, of=2)
    dynamo.open(grower, ORDERS)
    dynamo.open(new, ORDERS)
    rows = {each.connection_id: each.shard for each in dynamo.subscribers(ORDERS)}
    assert rows == {old: 0, grower: 0, new: 1}


def test_who_was_there_before_is_counted_out_of_the_old_shard(dynamo: Stores) -> None:
    old = in_shard(1, of=2)
    dynamo.open(old, ORDERS)
    TopicRow("orders", ORDERS).update(actions=[TopicRow.shards.set(2)])
    dynamo.connections.close(ConnectionId(old))
    assert dynamo.reaches(ORDERS) == set()
    assert dynamo.tally() == (0, 0, 0)


def test_two_who_see_that_it_is_full_double_it_once(dynamo: Stores) -> None:
    fill(directory.SHARD_SIZE - 1)

    def another_grows_it() -> None:
        TopicRow("orders", ORDERS).update(actions=[TopicRow.shards.set(2)])

    # The one member more makes no shard live: the only update of the topic is the growth.
    with before("UpdateItem", "topics", another_grows_it):
        directory.raise_count(ORDERS, 0, 1, ConnectionId("c1"))
    assert shards() == 2


def test_a_growth_that_is_throttled_is_unavailable(dynamo: Stores) -> None:
    fill(directory.SHARD_SIZE - 1)
    connection = dynamo.open("c1")
    throttled = failing("ThrottlingException", operation="UpdateItem", table="topics")
    with throttled, pytest.raises(Unavailable):
        dynamo.connections.subscribe(connection, ORDERS, 100)
