from collections.abc import Callable

import pytest

from infra.stores.deadlines import KEPT_MS, SHARDS
from infra.tables import DeadlineRow
from notify.deadlines import MINUTE_MS
from notify.errors import Unavailable
from notify.model import ConnectionId, Pattern
from notify.ports import PAGE_SIZE, Deadline
from tests.fakes import NOW
from tests.infra.stores.calls import failing, listed
from tests.infra.stores.conftest import Stores
from tests.rows import everything

MINUTE = NOW // MINUTE_MS
TOPICS = frozenset({Pattern("general"), Pattern("user:alice")})


def a_deadline(who: str = "c1", at: int = NOW, told: int | None = None) -> Deadline:
    return Deadline(ConnectionId(who), at, TOPICS, told)


def due(stores: Stores, minute: int) -> list[Deadline]:
    return [deadline for page in stores.deadlines.due(minute) for deadline in page]


@pytest.mark.parametrize(
    "deadline",
    [
        a_deadline(),
        a_deadline(told=NOW + 5),
        Deadline(ConnectionId("L0SM9cOFvHcCIhw="), NOW, frozenset()),
    ],
    ids=["plain", "told", "without topics"],
)
def test_a_deadline_comes_back_as_it_was_put(stores: Stores, deadline: Deadline) -> None:
    stores.deadlines.put([deadline])
    assert due(stores, MINUTE) == [deadline]


@pytest.mark.parametrize(
    ("at", "minute"), [(NOW, MINUTE), (NOW + 1, MINUTE + 1), (NOW + MINUTE_MS, MINUTE + 1)]
)
def test_a_deadline_is_due_with_the_first_minute_behind_it(
    stores: Stores, at: int, minute: int
) -> None:
    stores.deadlines.put([a_deadline(at=at)])
    assert [len(due(stores, each)) for each in (minute - 1, minute, minute + 1)] == [0, 1, 0]


def test_deadlines_come_by_pages_also_while_they_are_dropped(stores: Stores) -> None:
    names = {f"c{number:04}" for number in range(2 * PAGE_SIZE + SHARDS)}
    stores.deadlines.put(a_deadline(name) for name in sorted(names))
    met = []
    for page in stores.deadlines.due(MINUTE):
        assert len(page) <= PAGE_SIZE
        met += [deadline.connection_id for deadline in page]
        stores.deadlines.drop(page)
    assert sorted(met) == sorted(names)
    assert due(stores, MINUTE) == []


def test_a_connection_has_one_deadline_a_minute(stores: Stores) -> None:
    stores.deadlines.put([a_deadline(at=NOW - 9)])
    stores.deadlines.put([a_deadline(at=NOW - 5)])
    assert due(stores, MINUTE) == [a_deadline(at=NOW - 5)]


def test_a_deadline_that_is_put_off_is_no_longer_due(stores: Stores) -> None:
    stores.deadlines.put([a_deadline(), a_deadline("c2")])
    stores.deadlines.put([a_deadline(at=NOW + MINUTE_MS)])
    stores.deadlines.drop([a_deadline()])
    assert due(stores, MINUTE) == [a_deadline("c2")]
    assert due(stores, MINUTE + 1) == [a_deadline(at=NOW + MINUTE_MS)]


def test_dropping_what_is_not_there_does_nothing(stores: Stores) -> None:
    stores.deadlines.drop([a_deadline()])
    stores.deadlines.put([])
    assert due(stores, MINUTE) == []


def test_what_is_finished_is_remembered(stores: Stores) -> None:
    assert stores.deadlines.swept() is None
    stores.deadlines.finish(MINUTE)
    stores.deadlines.finish(MINUTE + 1)
    assert stores.deadlines.swept() == MINUTE + 1


# On DynamoDB


def test_a_deadline_is_one_write(dynamo: Stores) -> None:
    with listed() as calls:
        dynamo.deadlines.put([a_deadline()])
    assert [call.operation for call in calls] == ["BatchWriteItem"]


def test_a_deadline_outlives_an_outage_of_days(dynamo: Stores) -> None:
    dynamo.deadlines.put([a_deadline()])
    dynamo.deadlines.finish(MINUTE)
    rows = everything(DeadlineRow)
    assert {row.expires_at for row in rows} == {(NOW + KEPT_MS) // 1000}


@pytest.mark.parametrize("method", ["put", "due", "drop", "swept", "finish"])
def test_a_table_that_is_busy_is_unavailable(dynamo: Stores, method: str) -> None:
    calls: dict[str, Callable[[], object]] = {
        "put": lambda: dynamo.deadlines.put([a_deadline()]),
        "due": lambda: list(dynamo.deadlines.due(MINUTE)),
        "drop": lambda: dynamo.deadlines.drop([a_deadline()]),
        "swept": dynamo.deadlines.swept,
        "finish": lambda: dynamo.deadlines.finish(MINUTE),
    }
    with failing("ThrottlingException"), pytest.raises(Unavailable):
        calls[method]()
