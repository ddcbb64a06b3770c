import pytest

from infra.stores.streams import MAX_TRIES, TRIES_NEARBY
from infra.tables import NotificationRow, TopicRow
from notify.errors import Unavailable
from notify.frames import NotificationFrame, Sender, StoredNotification, encode
from notify.model import Pattern, Username
from notify.ports import Branch, StreamPage
from notify.reading import Reader
from notify.recent import Recent
from tests.fakes import NOW
from tests.infra.stores.calls import Crash, before, crashing, failing, interleave, listed
from tests.infra.stores.conftest import HOUR_MS, Stores, fresh

ORDERS = Pattern("orders:eu")


def a_frame(id: str = "ntf_1", stream: str = ORDERS) -> NotificationFrame:
    return NotificationFrame(
        id, "approved", "Approved", "Loan #12 \N{SNOWMAN}", "high", {"loan_id": 12, "none": None},
        Sender("bob", ["manager"]), "now", stream, stream, None, None,
    )  # fmt: skip


def append(stores: Stores, id: str = "ntf_1", stream: str = ORDERS) -> int | None:
    return stores.streams.append(a_frame(id, stream), NOW, NOW + HOUR_MS).seq


def stored(stream: str = ORDERS) -> list[tuple[int, str]]:
    return [(int(row.seq), row.id) for row in NotificationRow.query(stream)]


def test_a_stream_begins_at_zero(stores: Stores) -> None:
    assert stores.streams.head(ORDERS).seq == 0


def test_numbers_are_contiguous_from_one(stores: Stores) -> None:
    assert [append(stores) for _ in range(5)] == [1, 2, 3, 4, 5]
    assert stores.streams.head(ORDERS).seq == 5


def test_what_is_appended_comes_back_with_its_place(stores: Stores) -> None:
    appended = stores.streams.append(a_frame(), NOW, NOW + HOUR_MS)
    head = stores.streams.head(ORDERS)
    assert (appended.epoch, appended.seq) == (head.epoch, head.seq)
    assert (appended.id, appended.data) == ("ntf_1", {"loan_id": 12, "none": None})


def test_the_epoch_is_stable(stores: Stores) -> None:
    before_any = stores.streams.head(ORDERS).epoch
    append(stores)
    assert before_any
    assert {stores.streams.head(ORDERS).epoch for _ in range(3)} == {before_any}


def test_streams_are_numbered_apart(stores: Stores) -> None:
    append(stores)
    assert append(stores, stream="user:alice") == 1
    assert append(stores) == 2


def test_a_stream_and_its_subscribers_do_not_touch_each_other(stores: Stores) -> None:
    append(stores)
    assert stores.members(ORDERS) == 0
    stores.open("c1", ORDERS)
    assert append(stores) == 2
    assert stores.reaches(ORDERS) == {"c1"}


# Reading


def seqs(page: StreamPage) -> list[int | None]:
    return [each.frame.seq for each in page.notifications]


def test_what_follows_a_number_comes_in_order_and_in_pages(stores: Stores) -> None:
    for _ in range(5):
        append(stores)
    page = stores.streams.after(ORDERS, 1, 3, NOW)
    assert (seqs(page), page.through, page.more) == ([2, 3, 4], 4, True)
    assert seqs(stores.streams.after(ORDERS, 4, 3, NOW)) == [5]
    assert stores.streams.after(ORDERS, 5, 3, NOW) == StreamPage((), 5, more=False)


def test_the_newest_come_first_backwards(stores: Stores) -> None:
    for _ in range(5):
        append(stores)
    page = stores.streams.before(ORDERS, None, 2, NOW)
    assert (seqs(page), page.through, page.more) == ([5, 4], 4, True)
    assert seqs(stores.streams.before(ORDERS, 4, 10, NOW)) == [3, 2, 1]
    assert not stores.streams.before(ORDERS, 1, 10, NOW).more


def test_what_has_expired_is_passed_over(stores: Stores) -> None:
    for hours in (1, 3, 1):
        stores.streams.append(a_frame(), NOW, NOW + hours * HOUR_MS)
    later = NOW + 2 * HOUR_MS
    page = stores.streams.after(ORDERS, 0, 10, later)
    assert (seqs(page), page.through) == ([2], 3)
    assert seqs(stores.streams.before(ORDERS, None, 10, later)) == [2]


def test_what_is_read_is_what_was_appended(stores: Stores) -> None:
    appended = stores.streams.append(
        a_frame(), NOW, NOW + HOUR_MS, frozenset({Username("bob"), Username("eve")})
    )
    (read,) = stores.streams.after(ORDERS, 0, 1, NOW).notifications
    assert read == StoredNotification(
        appended, NOW, NOW + HOUR_MS, frozenset({Username("bob"), Username("eve")})
    )


def test_an_unknown_stream_is_empty(stores: Stores) -> None:
    assert stores.streams.after(ORDERS, 0, 10, NOW).notifications == ()
    assert stores.streams.before(ORDERS, None, 10, NOW).notifications == ()


def test_the_heads_of_many_are_the_head_of_each(stores: Stores) -> None:
    append(stores)
    wanted = [ORDERS, Pattern("user:alice"), Pattern("orders:*"), ORDERS]
    heads = stores.streams.heads(wanted)
    assert heads == {stream: stores.streams.head(stream) for stream in wanted}
    assert heads[ORDERS].seq == 1


def test_only_streams_that_have_begun_are_read_without_beginning_them(stores: Stores) -> None:
    append(stores)
    stores.open("c1", "orders:us")
    wanted = [Pattern("orders:us"), Pattern("orders:*"), ORDERS]
    for _ in range(2):
        assert stores.streams.begun(wanted) == {ORDERS: stores.streams.head(ORDERS)}


def test_what_is_below_a_wildcard_is_listed_with_its_head(stores: Stores) -> None:
    for stream in (ORDERS, "orders:eu:berlin", "orders:us:*", "orders:*", "orders", "news"):
        append(stores, stream=stream)
    branch = stores.streams.below(Pattern("orders:*"), 3)
    assert sorted(branch.heads) == ["orders:eu", "orders:eu:berlin", "orders:us:*"]
    assert branch.heads[ORDERS] == stores.streams.head(ORDERS)
    assert not branch.more
    assert stores.streams.below(Pattern("orders:*"), 2).more
    assert set(stores.streams.below(Pattern("orders:eu:*"), 9).heads) == {"orders:eu:berlin"}


def test_nothing_is_below_a_wildcard_that_nobody_uses(stores: Stores) -> None:
    assert stores.streams.below(Pattern("orders:*"), 3) == Branch({}, more=False)


def test_a_topic_without_a_stream_is_not_listed_but_is_one_too_many(stores: Stores) -> None:
    stores.open("c1", "orders:us")
    append(stores)
    assert set(stores.streams.below(Pattern("orders:*"), 2).heads) == {ORDERS}
    assert stores.streams.below(Pattern("orders:*"), 1).more


def test_a_notification_is_found_by_its_id(stores: Stores) -> None:
    for notification_id in ("ntf_1", "ntf_2", "ntf_3"):
        append(stores, notification_id)
    found = stores.streams.find(ORDERS, "ntf_2", NOW)
    assert found is not None
    assert found.seq == 2
    assert stores.streams.find(ORDERS, "ntf_9", NOW) is None


def test_what_is_older_than_asked_is_not_looked_for(stores: Stores) -> None:
    append(stores, "ntf_1")
    assert stores.streams.find(ORDERS, "ntf_1", NOW + HOUR_MS) is None


# On DynamoDB


def test_the_frame_is_stored_as_it_is_pushed_and_lives_as_long_as_told(dynamo: Stores) -> None:
    appended = dynamo.streams.append(a_frame(), NOW, NOW + HOUR_MS)
    (row,) = NotificationRow.query(ORDERS)
    assert row.frame == encode(appended).decode()
    assert row.expires_at == (NOW + HOUR_MS) // 1000


@pytest.mark.parametrize("seed", range(4))
def test_parallel_writers_never_share_or_skip_a_number(seed: int) -> None:
    with fresh("dynamodb") as stores:
        writers = [lambda name=name: append(stores, name) for name in ("a", "b", "c")]
        numbers = interleave(seed, *writers)
        assert sorted(numbers, key=str) == [1, 2, 3]
        assert sorted(stored()) == sorted(zip(numbers, ("a", "b", "c"), strict=True))
        assert stores.streams.head(ORDERS).seq == 3


def test_parallel_readers_begin_one_epoch(dynamo: Stores) -> None:
    first = []
    with before("UpdateItem", "topics", lambda: first.append(dynamo.streams.head(ORDERS))):
        assert dynamo.streams.head(ORDERS) == first[0]


def test_a_head_that_lags_behind_a_crash_is_healed(dynamo: Stores) -> None:
    append(dynamo)
    with crashing(after=2), pytest.raises(Crash):
        append(dynamo, "written, but the head was not moved")
    assert append(dynamo) == 3
    assert dynamo.streams.head(ORDERS).seq == 3


def test_a_slow_writer_never_moves_the_head_back(dynamo: Stores) -> None:
    append(dynamo)

    def three_more() -> None:
        assert [append(dynamo, other) for other in ("a", "b", "c")] == [3, 4, 5]

    with before("UpdateItem", "topics", three_more):
        assert append(dynamo) == 2
    assert dynamo.streams.head(ORDERS).seq == 5


def test_a_write_that_is_repeated_because_its_answer_was_lost_is_stored_once(
    dynamo: Stores,
) -> None:
    append(dynamo, "before")
    with before("PutItem", "notifications", lambda: append(dynamo, "once")):
        assert append(dynamo, "once") == 2
    assert stored() == [(1, "before"), (2, "once")]


def test_what_lies_under_a_number_and_has_expired_is_another(dynamo: Stores) -> None:
    append(dynamo, "before")

    def expire() -> None:
        NotificationRow(ORDERS, 2).delete()

    with (
        before("PutItem", "notifications", lambda: append(dynamo, "another")),
        before("GetItem", "notifications", expire),
    ):
        assert append(dynamo, "once") == 3


def test_a_crash_in_front_of_the_write_costs_no_number(dynamo: Stores) -> None:
    append(dynamo)
    with crashing(after=1), pytest.raises(Crash):
        append(dynamo)
    assert append(dynamo) == 2


def leave_behind(stores: Stores, end: int) -> None:
    """A head at 0, as a restored one, of a stream with so many numbers."""
    stores.streams.head(ORDERS)
    with NotificationRow.batch_write() as batch:
        for seq in range(1, end + 1):
            batch.save(NotificationRow(ORDERS, seq, id=f"n{seq}", frame="{}", at=NOW, expires_at=1))


@pytest.mark.parametrize("seed", range(3))
def test_parallel_writers_behind_a_restored_head_never_share_or_skip_a_number(seed: int) -> None:
    with fresh("dynamodb") as stores:
        leave_behind(stores, 2 * TRIES_NEARBY)
        writers = [lambda name=name: append(stores, name) for name in ("a", "b", "c")]
        numbers = interleave(seed, *writers)
        behind = [2 * TRIES_NEARBY + more for more in (1, 2, 3)]
        assert sorted(numbers, key=str) == behind
        assert sorted(stored())[2 * TRIES_NEARBY :] == sorted(
            zip(numbers, ("a", "b", "c"), strict=True)
        )
        assert stores.streams.head(ORDERS).seq == behind[-1]


def test_a_head_that_lags_far_behind_its_stream_finds_the_end_of_it(dynamo: Stores) -> None:
    leave_behind(dynamo, 2 * MAX_TRIES)
    with listed() as calls:
        assert append(dynamo) == 2 * MAX_TRIES + 1
    assert sum(call.matches("PutItem", "notifications") for call in calls) == TRIES_NEARBY + 1
    assert dynamo.streams.head(ORDERS).seq == 2 * MAX_TRIES + 1


def test_a_stream_that_stays_busy_is_unavailable(dynamo: Stores) -> None:
    taken = failing("ConditionalCheckFailedException", operation="PutItem", table="notifications")
    with taken, pytest.raises(Unavailable):
        append(dynamo)
    assert stored() == []


@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem", "PutItem"])
def test_a_table_that_is_busy_is_unavailable(dynamo: Stores, operation: str) -> None:
    with failing("ThrottlingException", operation=operation), pytest.raises(Unavailable):
        append(dynamo)


def test_what_is_stored_is_appended_though_the_head_cannot_be_moved(dynamo: Stores) -> None:
    append(dynamo)
    with failing("ThrottlingException", operation="UpdateItem", table="topics"):
        assert append(dynamo) == 2


def test_an_epoch_is_begun_where_only_members_are(dynamo: Stores) -> None:
    dynamo.open("c1", ORDERS)
    assert not TopicRow.get("orders", ORDERS).epoch
    assert dynamo.streams.head(ORDERS).epoch


def test_a_lost_head_begins_a_new_epoch_and_overwrites_nothing(dynamo: Stores) -> None:
    for _ in range(3):
        append(dynamo)
    lost = dynamo.streams.head(ORDERS)
    TopicRow("orders", ORDERS).delete()
    assert append(dynamo) == 4
    assert dynamo.streams.head(ORDERS).epoch != lost.epoch


def test_a_number_that_was_seen_is_never_given_again(dynamo: Stores) -> None:
    append(dynamo)
    with crashing(after=2), pytest.raises(Crash):
        append(dynamo, "written, but the head was not moved")
    head = dynamo.streams.head(ORDERS)
    assert head.seq == 1
    seen = Reader(dynamo.streams, dynamo.users).read(ORDERS, 1, head, Username("bob"), 10, NOW)
    assert [frame.seq for frame in seen.frames] == [2]
    NotificationRow(ORDERS, 2).delete()  # its time has come
    assert append(dynamo) == 3


def test_a_position_beyond_a_head_that_lags_is_one(dynamo: Stores) -> None:
    append(dynamo)
    with crashing(after=2), pytest.raises(Crash):
        append(dynamo)
    head, reader = dynamo.streams.head(ORDERS), Reader(dynamo.streams, dynamo.users)
    assert not reader.reaches(ORDERS, 3, head, NOW)
    assert reader.reaches(ORDERS, 2, head, NOW)
    assert dynamo.streams.head(ORDERS).seq == 2


def test_what_was_deleted_is_not_accounted_for(dynamo: Stores) -> None:
    for _ in range(4):
        append(dynamo)
    for seq in (2, 4):
        NotificationRow(ORDERS, seq).delete()
    page = dynamo.streams.after(ORDERS, 0, 10, NOW)
    assert (seqs(page), page.through) == ([1, 3], 3)
    assert dynamo.streams.head(ORDERS).seq == 4


def test_what_is_kept_of_a_stream_misses_nothing_behind_a_head_that_lags(dynamo: Stores) -> None:
    recent = Recent(dynamo.streams, dynamo.clock)
    append(dynamo, "a")
    assert _ids(recent) == ["a"]
    with crashing(after=2), pytest.raises(Crash):  # between the notification and the head
        append(dynamo, "b")
    assert (dynamo.streams.head(ORDERS).seq, _ids(recent)) == (1, ["b", "a"])


def test_what_comes_behind_numbers_of_which_nothing_is_left_is_not_missed(dynamo: Stores) -> None:
    recent = Recent(dynamo.streams, dynamo.clock)
    for name in "abc":
        append(dynamo, name)
    remove(3)
    assert _ids(recent) == _ids(recent) == _ids(recent) == ["b", "a"]
    append(dynamo, "d")
    assert _ids(recent) == ["d", "b", "a"]


def test_what_came_and_went_between_two_looks_hides_nothing(dynamo: Stores) -> None:
    recent = Recent(dynamo.streams, dynamo.clock)
    append(dynamo, "a")
    assert _ids(recent) == _ids(recent) == ["a"]
    append(dynamo, "b")
    append(dynamo, "c")
    remove(2)
    dynamo.clock.advance(60_000)
    assert _ids(recent) == ["c", "a"]


def test_a_number_is_taken_until_its_notification_is_removed(stores: Stores) -> None:
    places = [(ORDERS, 0), (ORDERS, 1), (ORDERS, 2), (Pattern("user:alice"), 1)]
    assert stores.streams.numbered(places) == {}
    append(stores)
    stores.streams.append(a_frame(stream="user:alice"), NOW - HOUR_MS, NOW - 1)
    found = stores.streams.numbered(places)
    assert {place: each.frame.seq for place, each in found.items()} == {
        (ORDERS, 1): 1, (Pattern("user:alice"), 1): 1,
    }  # fmt: skip


def remove(seq: int) -> None:
    """As DynamoDB does once it has expired."""
    NotificationRow(ORDERS, seq).delete()


def _ids(recent: Recent) -> list[str]:
    return [row.frame.id for page in recent.bare([ORDERS])[ORDERS] for row in page.notifications]
