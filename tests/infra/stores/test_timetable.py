import pytest

from infra.stores.timetable import SHARDS, DynamoTimetable
from infra.tables import ScheduledRow
from notify.errors import Unavailable
from tests.fakes import NOW
from tests.infra.stores.calls import failing, interleave, listed
from tests.infra.stores.conftest import HOUR_MS, Stores, fresh

MINUTE = NOW // 60_000
LATER = NOW + HOUR_MS


def ids(count: int) -> list[str]:
    return [f"ntf_{number:03}" for number in range(count)]


def test_an_empty_minute_has_nothing_due(stores: Stores) -> None:
    assert stores.timetable.due(MINUTE, 10) == []


def test_what_is_put_into_a_minute_is_due_in_it_alone(stores: Stores) -> None:
    stores.timetable.put(MINUTE, ids(3), LATER)
    assert sorted(stores.timetable.due(MINUTE, 10)) == ids(3)
    assert stores.timetable.due(MINUTE - 1, 10) == stores.timetable.due(MINUTE + 1, 10) == []


def test_what_is_put_twice_is_there_once(stores: Stores) -> None:
    for _ in range(2):
        stores.timetable.put(MINUTE, ids(1), LATER)
    assert stores.timetable.due(MINUTE, 10) == ids(1)


def test_a_minute_is_emptied_in_pages(stores: Stores) -> None:
    stores.timetable.put(MINUTE, ids(70), LATER)
    found: list[str] = []
    while page := stores.timetable.due(MINUTE, 30):
        assert len(page) <= 30
        stores.timetable.remove(MINUTE, page)
        found += page
    assert sorted(found) == ids(70)


def test_removing_what_is_not_there_does_nothing(stores: Stores) -> None:
    stores.timetable.put(MINUTE, ids(1), LATER)
    stores.timetable.remove(MINUTE, ["ntf_x"])
    stores.timetable.remove(MINUTE, [])
    assert stores.timetable.due(MINUTE, 10) == ids(1)


def test_the_position_moves_forward_only(stores: Stores) -> None:
    assert stores.timetable.position() is None
    stores.timetable.begin(MINUTE)
    stores.timetable.begin(MINUTE + 5)
    assert stores.timetable.position() == MINUTE
    stores.timetable.advance(MINUTE + 2)
    stores.timetable.advance(MINUTE + 1)
    assert stores.timetable.position() == MINUTE + 2


def test_the_first_advance_begins(stores: Stores) -> None:
    stores.timetable.advance(MINUTE)
    stores.timetable.begin(MINUTE - 5)
    assert stores.timetable.position() == MINUTE


@pytest.mark.parametrize("seed", range(6))
def test_two_who_advance_at_once_end_at_the_further(seed: int) -> None:
    with fresh("dynamodb") as stores:
        interleave(
            seed,
            lambda: stores.timetable.advance(MINUTE),
            lambda: stores.timetable.advance(MINUTE + 1),
        )
        assert stores.timetable.position() == MINUTE + 1


def test_a_process_begins_once(dynamo: Stores) -> None:
    dynamo.timetable.begin(MINUTE)
    with listed() as calls:
        dynamo.timetable.begin(MINUTE)
    assert calls == []


def test_a_new_process_finds_the_position(dynamo: Stores) -> None:
    dynamo.timetable.begin(MINUTE)
    DynamoTimetable().begin(MINUTE + 1)
    assert dynamo.timetable.position() == MINUTE


def test_a_minute_is_spread_over_all_its_shards(dynamo: Stores) -> None:
    dynamo.timetable.put(MINUTE, ids(100), LATER)
    sizes = [len(list(ScheduledRow.query(f"{MINUTE}#{shard}"))) for shard in range(SHARDS)]
    assert sum(sizes) == 100
    assert min(sizes) > 0


def test_an_empty_minute_costs_a_query_a_shard(dynamo: Stores) -> None:
    with listed() as calls:
        dynamo.timetable.due(MINUTE, 100)
    assert [call.operation for call in calls] == ["Query"] * SHARDS


def test_a_table_that_is_busy_is_unavailable(dynamo: Stores) -> None:
    for call in (
        lambda: dynamo.timetable.put(MINUTE, ids(1), LATER),
        lambda: dynamo.timetable.due(MINUTE, 1),
        lambda: dynamo.timetable.remove(MINUTE, ids(1)),
        lambda: dynamo.timetable.position(),
        lambda: dynamo.timetable.begin(MINUTE),
        lambda: dynamo.timetable.advance(MINUTE),
    ):
        with failing("ThrottlingException"), pytest.raises(Unavailable):
            call()
