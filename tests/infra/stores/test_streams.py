import pytest

from infra.stores.streams import MAX_TRIES
from infra.tables import NotificationRow, TopicRow
from notify.errors import Unavailable
from notify.frames import NotificationFrame, Sender, encode
from notify.model import Pattern
from tests.fakes import NOW
from tests.infra.stores.calls import Crash, before, crashing, failing, interleave
from tests.infra.stores.conftest import HOUR_MS, Stores, fresh

ORDERS = Pattern("orders:eu")


def a_frame(id: str = "ntf_1", stream: str = ORDERS) -> NotificationFrame:
    return NotificationFrame(
        id, "approved", "Approved", "Loan #12 \N{SNOWMAN}", "high", {"loan_id": 12, "none": None},
        Sender("bob", ["manager"]), "now", stream, stream, None, None,
    )  # fmt: skip


def append(stores: Stores, id: str = "ntf_1", stream: str = ORDERS) -> int | None:
    return stores.streams.append(a_frame(id, stream), NOW + HOUR_MS).seq


def stored(stream: str = ORDERS) -> list[tuple[int, str]]:
    return [(int(row.seq), row.id) for row in NotificationRow.query(stream)]


def test_a_stream_begins_at_zero(stores: Stores) -> None:
    assert stores.streams.head(ORDERS).seq == 0


def test_numbers_are_contiguous_from_one(stores: Stores) -> None:
    assert [append(stores) for _ in range(5)] == [1, 2, 3, 4, 5]
    assert stores.streams.head(ORDERS).seq == 5


def test_what_is_appended_comes_back_with_its_place(stores: Stores) -> None:
    appended = stores.streams.append(a_frame(), NOW + HOUR_MS)
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


# On DynamoDB


def test_the_frame_is_stored_as_it_is_pushed_and_lives_as_long_as_told(dynamo: Stores) -> None:
    appended = dynamo.streams.append(a_frame(), NOW + HOUR_MS)
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
        assert [append(dynamo) for _ in range(3)] == [3, 4, 5]

    with before("UpdateItem", "topics", three_more):
        assert append(dynamo) == 2
    assert dynamo.streams.head(ORDERS).seq == 5


def test_a_crash_in_front_of_the_write_costs_no_number(dynamo: Stores) -> None:
    append(dynamo)
    with crashing(after=1), pytest.raises(Crash):
        append(dynamo)
    assert append(dynamo) == 2


def test_a_stream_that_stays_busy_is_unavailable_and_has_no_hole(dynamo: Stores) -> None:
    dynamo.streams.head(ORDERS)
    with NotificationRow.batch_write() as batch:
        for seq in range(1, MAX_TRIES + 1):
            batch.save(NotificationRow(ORDERS, seq, id=f"n{seq}", frame="{}", expires_at=1))
    with pytest.raises(Unavailable):
        append(dynamo)
    assert len(stored()) == MAX_TRIES


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
