import pytest

from infra.tables import LimitRow
from notify.errors import Unavailable
from tests.fakes import NOW
from tests.infra.stores.calls import failing, interleave, listed
from tests.infra.stores.conftest import Stores, fresh

END = NOW + 60_000


def test_what_is_added_adds_up(stores: Stores) -> None:
    assert stores.limits.add("a", 1, END, NOW) == 1
    assert stores.limits.add("a", 5, END, NOW) == 6
    assert stores.limits.add("b", 1, END, NOW) == 1
    assert stores.limits.read("a", NOW) == (6, END)


def test_what_was_never_added_to_is_nothing(stores: Stores) -> None:
    assert stores.limits.read("a", NOW)[0] == 0


@pytest.mark.parametrize(("late", "used"), [(-1, 2), (0, 1), (999, 1)])
def test_a_count_starts_anew_where_its_end_has_come(stores: Stores, late: int, used: int) -> None:
    stores.limits.add("a", 1, END, NOW)
    assert stores.limits.add("a", 1, END + 60_000, END + late) == used


@pytest.mark.parametrize(("late", "used"), [(-1, 1), (0, 0)])
def test_a_count_is_read_until_its_end(stores: Stores, late: int, used: int) -> None:
    stores.limits.add("a", 1, END, NOW)
    assert stores.limits.read("a", END + late)[0] == used


def test_an_end_moves_with_what_is_added(stores: Stores) -> None:
    stores.limits.add("a", 1, END, NOW)
    stores.limits.add("a", 1, END + 1, NOW)
    assert stores.limits.read("a", NOW) == (2, END + 1)


def test_what_is_cleared_is_nothing(stores: Stores) -> None:
    stores.limits.add("a", 1, END, NOW)
    stores.limits.clear("a")
    stores.limits.clear("a")
    assert stores.limits.read("a", NOW)[0] == 0


def test_a_count_within_its_window_is_one_write(dynamo: Stores) -> None:
    with listed() as calls:
        dynamo.limits.add("a", 1, END, NOW)
        dynamo.limits.add("a", 1, END, NOW)
    assert [call.operation for call in calls] == ["UpdateItem", "UpdateItem"]


def test_a_row_goes_with_the_tables_ttl(dynamo: Stores) -> None:
    dynamo.limits.add("a", 1, END + 1, NOW)
    assert LimitRow.get("a").expires_at == END // 1000 + 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("old", [False, True])
def test_what_many_add_at_once_adds_up(seed: int, old: bool) -> None:
    with fresh("dynamodb") as stores:
        if old:
            stores.limits.add("a", 7, NOW, NOW - 1)
        used = interleave(seed, *[lambda: stores.limits.add("a", 1, END, NOW)] * 3)
        assert sorted(map(str, used)) == ["1", "2", "3"]


@pytest.mark.parametrize("method", ["add", "read", "clear"])
def test_a_table_that_is_busy_is_unavailable(dynamo: Stores, method: str) -> None:
    arguments = {"add": ("a", 1, END, NOW), "read": ("a", NOW), "clear": ("a",)}
    with failing("ThrottlingException"), pytest.raises(Unavailable):
        getattr(dynamo.limits, method)(*arguments[method])


def test_a_count_that_never_settles_is_unavailable(dynamo: Stores) -> None:
    never = failing("ConditionalCheckFailedException", operation="UpdateItem")
    with never, pytest.raises(Unavailable):
        dynamo.limits.add("a", 1, END, NOW)
