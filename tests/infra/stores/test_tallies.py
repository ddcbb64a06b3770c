from collections.abc import Iterable

import pytest

from infra.rows import UpdateError
from infra.stores.tallies import APART_MS, Settlement, Tally, add_member, mark, settle, tally
from infra.tables import CounterRow, TopicRow
from tests.fakes import NOW
from tests.infra.stores.calls import before, failing
from tests.infra.stores.conftest import Stores

SUSPECT = Settlement(suspect=True)


def row() -> CounterRow:
    return CounterRow("members:orders:eu", 0)


def add(*members: str, amount: int = 1) -> None:
    for member in members:
        add_member(row(), amount, member)


def look(members: Iterable[str], after_ms: int = 0) -> Settlement:
    return settle(row(), tally(members), NOW + after_ms)


def stored() -> Tally:
    found = CounterRow.get("members:orders:eu", 0)
    return Tally(int(found.value), int(found.digest or 0))


def test_a_member_is_told_from_others_by_its_mark() -> None:
    assert mark("c1") == mark("c1")
    assert len({mark(f"c{number}") for number in range(10_000)}) == 10_000


def test_the_marks_of_a_full_shard_add_up_exactly_even_in_doubles() -> None:
    assert 8 * 1024 * (2**40) <= 2**53


@pytest.mark.parametrize("members", [[], ["a"], ["a", "b"]])
def test_a_count_is_the_tally_of_its_members(dynamo: Stores, members: list[str]) -> None:
    add("gone", *members)
    assert add_member(row(), -1, "gone") == len(members)
    assert stored() == tally(members)
    assert look(members) == Settlement()


def test_what_was_never_counted_is_zero(dynamo: Stores) -> None:
    assert look([]) == Settlement()


def test_a_difference_is_corrected_if_it_is_there_a_minute_later(dynamo: Stores) -> None:
    add("a", "b")
    assert look(["a"]) == SUSPECT
    assert look(["a"], APART_MS - 1) == SUSPECT
    assert stored() == tally(["a", "b"])
    assert look(["a"], APART_MS) == Settlement(corrected=True)
    assert stored() == tally(["a"])
    assert look(["a"], 2 * APART_MS) == Settlement()


def test_what_is_missing_is_added(dynamo: Stores) -> None:
    assert look(["a"]) == SUSPECT
    assert look(["a"], APART_MS) == Settlement(corrected=True, turn=+1)
    assert stored() == tally(["a"])


def test_a_count_that_ceases_to_be_positive_turns(dynamo: Stores) -> None:
    add("a", "b")
    look([])
    assert look([], APART_MS) == Settlement(corrected=True, turn=-1)


def test_a_negative_count_that_becomes_zero_does_not_turn(dynamo: Stores) -> None:
    add("a", amount=-1)
    look([])
    assert look([], APART_MS) == Settlement(corrected=True, turn=0)


def test_as_many_on_the_way_in_as_a_minute_ago_are_no_error(dynamo: Stores) -> None:
    # The difference is 1 both times, but it is not the same one.
    add("a", "coming")
    assert look(["a"]) == SUSPECT
    add("another")
    assert look(["a", "coming"], APART_MS) == SUSPECT
    assert look(["a", "coming", "another"], 2 * APART_MS) == Settlement()
    assert stored() == tally(["a", "coming", "another"])


def test_a_busy_count_is_corrected_all_the_same(dynamo: Stores) -> None:
    add("lost", *(f"a{number}" for number in range(5)))
    look([f"a{number}" for number in range(5)])
    add(*(f"b{number}" for number in range(7)))
    add("a1", amount=-1)
    present = [f"a{number}" for number in (0, 2, 3, 4)] + [f"b{number}" for number in range(7)]
    assert look(present, APART_MS).corrected
    assert stored() == tally(present)


def test_what_is_counted_while_it_is_corrected_stays_counted(dynamo: Stores) -> None:
    add("a", "lost")
    look(["a"])
    with before("UpdateItem", "counters", lambda: add_unseen("coming")):
        assert look(["a"], APART_MS).corrected
    assert stored() == tally(["a", "coming"])


def add_unseen(member: str) -> None:
    add(member)


def test_a_difference_that_went_away_is_forgotten(dynamo: Stores) -> None:
    add("a", "coming")
    look(["a"])
    look(["a", "coming"], 1000)
    add("late")
    assert look(["a", "coming"], APART_MS) == SUSPECT


def test_a_correction_is_made_once_by_two_who_look(dynamo: Stores) -> None:
    add("a", "b", "lost")
    look(["a", "b"])
    with before("UpdateItem", "counters", lambda: look(["a", "b"], APART_MS)):
        assert look(["a", "b"], APART_MS) == SUSPECT
    assert stored() == tally(["a", "b"])


def test_a_store_that_is_busy_is_not_mistaken_for_another_who_looked(dynamo: Stores) -> None:
    add("a")
    look([])
    with (
        failing("ThrottlingException", operation="UpdateItem"),
        pytest.raises(UpdateError),
    ):
        look([], APART_MS)


def test_a_topic_keeps_the_tally_of_its_shards(dynamo: Stores) -> None:
    topic = TopicRow("orders", "orders:eu")
    assert add_member(topic, +1, "orders:eu#0") == 1
    assert settle(topic, tally(["orders:eu#0"]), NOW) == Settlement()
    assert settle(topic, tally([]), NOW) == SUSPECT
    assert settle(topic, tally([]), NOW + APART_MS) == Settlement(corrected=True, turn=-1)
