import pytest

from infra.tables import SubscriptionRow
from notify.errors import Unavailable
from notify.model import MAX_AGE_MS, ROW_GRACE_MS, ConnectionId, Pattern, Subscriber, Username
from notify.parts import Shard
from notify.ports import Audience, Page
from tests.fakes import NOW
from tests.infra.stores.calls import failing, listed
from tests.infra.stores.conftest import HOUR_MS, Stores, in_memory

ORDERS = Pattern("orders:eu")
EXPIRES_AT = NOW + MAX_AGE_MS + ROW_GRACE_MS


@pytest.fixture(params=["memory", "dynamodb", "by_pages"])
def paged(request: pytest.FixtureRequest) -> Stores:
    """Also with the pages of subscriber_pages.py."""
    kind: str = request.param
    if kind == "memory":
        return in_memory()
    made: Stores = request.getfixturevalue({"dynamodb": "dynamo"}.get(kind, kind))
    return made


def test_a_subscriber_is_what_the_fan_out_needs_to_know(paged: Stores) -> None:
    paged.open("c1", ORDERS)
    (subscriber,) = paged.subscribers(ORDERS)
    assert subscriber == Subscriber(
        ConnectionId("c1"), Username("alice"), NOW, NOW + HOUR_MS, ORDERS, shard=0
    )


def test_a_topic_without_subscribers_has_no_audience(stores: Stores) -> None:
    assert stores.subscriptions.audiences(ORDERS) == []


def test_a_topic_whose_subscribers_have_left_reaches_nobody(stores: Stores) -> None:
    connection = stores.open("c1", ORDERS)
    stores.connections.close(connection.id)
    assert stores.reaches(ORDERS) == set()


@pytest.mark.parametrize(
    ("broadcast", "reached"),
    [
        ("a:b:c", {"a:b:c", "a:b:*", "a:*"}),
        ("a:b", {"a:b", "a:*"}),
        ("a:b:*", {"a:b:*", "a:b:c", "a:*"}),
        ("a:*", {"a:*", "a:b", "a:b:*", "a:b:c", "a:x"}),
        ("a:y", {"a:*"}),
        ("a", {"a"}),
        ("ab:*", {"ab:c"}),
        ("z", set()),
        ("z:*", set()),
        ("general", {"general"}),
        ("*", {"general"}),
        ("user:*", {"general"}),
        ("user:alice", {"user:alice", "user:*"}),
        ("user:alice:*", {"user:alice:x", "user:*"}),
        ("user:bob", {"user:*"}),
    ],
)
def test_a_broadcast_reaches_what_it_covers_and_what_covers_it(
    stores: Stores, broadcast: str, reached: set[str]
) -> None:
    everything = ("a", "a:b", "a:b:c", "a:b:*", "a:*", "a:x", "ab:c")
    stores.open("c1", *everything, "user:alice", "user:alice:x", "user:*")
    audiences = stores.subscriptions.audiences(Pattern(broadcast))
    assert {audience.pattern for audience in audiences} == reached
    assert len(audiences) == len(reached)


def test_exact_audiences_are_neither_wider_nor_narrower(stores: Stores) -> None:
    stores.open("c1", "a", "a:b", "a:*", "user:alice", "user:*")
    wanted = [Pattern(topic) for topic in ("a", "a:*", "user:alice", "nobody")]
    audiences = stores.subscriptions.exactly(wanted)
    assert {audience.pattern for audience in audiences} == {"a", "a:*", "user:alice"}
    assert len(audiences) == 3
    assert stores.subscriptions.exactly([]) == []


def test_exact_audiences_are_one_read_for_a_hundred_topics(dynamo: Stores) -> None:
    dynamo.open("c1", "user:u7")
    with listed() as calls:
        dynamo.subscriptions.exactly([Pattern(f"user:u{number}") for number in range(100)])
    assert [call.operation for call in calls] == ["BatchGetItem"]


def test_members_are_counted_per_shard(stores: Stores) -> None:
    for number in range(3):
        stores.open(f"c{number}", ORDERS, *(["a"] if number else []))
    audiences = [Audience(Pattern(name), 2) for name in (ORDERS, "a", "nobody")]
    assert stores.subscriptions.sizes(audiences) == {Shard(ORDERS, 0): 3, Shard(Pattern("a"), 0): 2}


def test_very_many_shards_are_counted(paged: Stores) -> None:
    topics = [f"orders:{number}" for number in range(120)]
    paged.open("c1", *topics)
    audiences = paged.subscriptions.audiences(Pattern("orders:*"))
    assert sum(paged.subscriptions.sizes(audiences).values()) == 120


def page(paged: Stores, after: str | None, limit: int, now: int = NOW) -> Page:
    cursor = None if after is None else ConnectionId(after)
    return paged.subscriptions.page(ORDERS, 0, cursor, limit, now)


def test_pages_go_through_everybody_once(paged: Stores) -> None:
    for number in range(5):
        paged.open(f"c{number}", ORDERS)
    seen: list[str] = []
    after: str | None = None
    while True:
        read = page(paged, after, 2)
        seen += [subscriber.connection_id for subscriber in read.subscribers]
        after = read.after
        if after is None:
            break
    assert seen == ["c0", "c1", "c2", "c3", "c4"]


@pytest.mark.parametrize(("members", "limit"), [(0, 2), (1, 2), (2, 2), (4, 2), (3, 1)])
def test_a_page_has_at_most_what_was_asked_for(paged: Stores, members: int, limit: int) -> None:
    for number in range(members):
        paged.open(f"c{number}", ORDERS)
    assert len(page(paged, None, limit).subscribers) == min(members, limit)


def test_a_page_behind_the_last_is_empty_and_the_end(paged: Stores) -> None:
    paged.open("c1", ORDERS)
    assert page(paged, "c1", 2) == Page((), None)


def test_a_cursor_need_not_be_there_any_more(paged: Stores) -> None:
    paged.open("c3", ORDERS)
    assert [who.connection_id for who in page(paged, "c2", 2).subscribers] == ["c3"]


def test_another_shard_has_other_members(paged: Stores) -> None:
    paged.open("c1", ORDERS)
    assert paged.subscriptions.page(ORDERS, 7, None, 10, NOW) == Page((), None)


@pytest.mark.parametrize(("now", "found"), [(EXPIRES_AT - 1, 1), (EXPIRES_AT, 0)])
def test_expired_rows_are_not_returned(paged: Stores, now: int, found: int) -> None:
    paged.open("c1", ORDERS)
    assert len(page(paged, None, 10, now).subscribers) == found


def test_a_page_of_expired_rows_does_not_end_the_shard(paged: Stores) -> None:
    for number in range(3):
        paged.open(f"c{number}", ORDERS)
    read = page(paged, None, 2, EXPIRES_AT)
    assert (read.subscribers, read.after) == ((), "c1")


# On DynamoDB


@pytest.mark.parametrize("kind", ["dynamo", "by_pages"])
def test_a_shard_above_one_megabyte_is_read_to_the_end(
    request: pytest.FixtureRequest, kind: str
) -> None:
    stores: Stores = request.getfixturevalue(kind)
    # 400 rows of 3 KB: one Query stops in the middle of them.
    long_name = "x" * 3000
    with SubscriptionRow.batch_write() as batch:
        for number in range(400):
            row = SubscriptionRow(
                f"{ORDERS}#0", f"c{number:03}", username=long_name, connected_at=NOW,
                token_expires_at=NOW, expires_at=EXPIRES_AT // 1000,
            )  # fmt: skip
            batch.save(row)
    for limit, after in ((500, None), (400, "c399"), (399, "c398")):
        read = page(stores, None, limit)
        assert (len(read.subscribers), read.after) == (min(limit, 400), after)
    assert [who.connection_id for who in page(stores, "c397", 5).subscribers] == ["c398", "c399"]


@pytest.mark.parametrize("operation", ["Query", "BatchGetItem"])
def test_a_table_that_is_busy_is_unavailable(dynamo: Stores, operation: str) -> None:
    dynamo.open("c1", ORDERS)
    with failing("ThrottlingException", operation=operation), pytest.raises(Unavailable):
        dynamo.reaches("orders:*")


def test_a_count_that_is_busy_is_unavailable(dynamo: Stores) -> None:
    with failing("ThrottlingException", table="counters"), pytest.raises(Unavailable):
        dynamo.subscriptions.sizes([Audience(ORDERS, 1)])
