from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.infra.rows.both import OURS, THEIRS

Thing = OURS.Thing
NUMBERS = st.integers(-(10**37), 10**37) | st.floats(allow_nan=False, allow_infinity=False)
# PynamoDB takes a map for its arguments, and has names of its own for some.
NAMES = st.text("abc:*#.é ", min_size=1)
# Neither a key nor what is in a set is empty.
FIELDS = st.fixed_dictionaries(
    {"name": st.text()},
    optional={
        "text": st.none() | st.text(),
        "amount": st.none() | NUMBERS,
        "version": NUMBERS,
        "open": st.none() | st.booleans(),
        "tags": st.none() | st.sets(st.text(min_size=1)),
        "parts": st.none() | st.sets(NUMBERS),
        "acked": st.dictionaries(NAMES, st.text() | NUMBERS | st.booleans()),
    },
)
KEYS = st.tuples(st.text(min_size=1), NUMBERS)


def plain(row: Any) -> dict[str, Any]:
    """What a row's attributes are, whoever's row it is."""
    values = {name: getattr(row, name) for name in row.get_attributes()}
    return values | {"acked": values["acked"].as_dict()}


def as_item(row: Any) -> Any:
    item = row.serialize()
    for attribute in item.values():
        for kind in ("SS", "NS"):
            if kind in attribute:
                attribute[kind].sort()
    return item


@given(KEYS, FIELDS)
def test_a_row_is_written_as_pynamodb_writes_it(
    key: tuple[str, float], fields: dict[str, Any]
) -> None:
    ours, theirs = Thing(*key, **fields), THEIRS.Thing(*key, **fields)
    assert as_item(ours) == as_item(theirs)


@given(KEYS, FIELDS)
def test_a_row_is_read_as_pynamodb_reads_it(key: tuple[str, float], fields: dict[str, Any]) -> None:
    item = THEIRS.Thing(*key, **fields).serialize()
    ours, theirs = Thing.from_raw_data(item), THEIRS.Thing.from_raw_data(item)
    assert plain(ours) == plain(theirs)
    assert as_item(ours) == as_item(Thing.from_raw_data(ours.serialize()))


def test_an_attribute_that_is_null_is_as_good_as_missing() -> None:
    item = {"owner": {"S": "a"}, "text": {"NULL": True}, "version": {"NULL": True}}
    row = Thing.from_raw_data(item)
    assert (row.text, row.version, row.acked) == (None, 0, {})


def test_a_default_is_made_anew_for_each_row() -> None:
    first, second = Thing("a", 1), Thing("a", 2)
    first.acked["x"] = 1
    assert second.acked == {}


def test_a_value_can_be_changed_and_only_its_row_changes() -> None:
    row, other = Thing("a", 1, text="x"), Thing("a", 1, text="x")
    row.text = "y"
    row.acked = {"orders": 1}
    assert (row.text, row.acked.as_dict(), other.text) == ("y", {"orders": 1}, "x")


@pytest.mark.parametrize(
    ("name", "kind", "null"),
    [("name", "S", False), ("amount", "N", True), ("tags", "SS", True), ("acked", "M", False)],
)
def test_an_attribute_says_what_it_is(name: str, kind: str, null: bool) -> None:
    for rows in (OURS, THEIRS):
        attribute = rows.Thing.get_attributes()[name]
        assert (attribute.attr_name, attribute.attr_type, attribute.null) == (name, kind, null)


def test_an_attribute_of_another_type_is_not_taken_for_it() -> None:
    with pytest.raises((KeyError, TypeError)):
        Thing.from_raw_data({"name": {"N": "1"}})


def test_an_attribute_that_no_row_has_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        Thing("a", 1, no_such="x")
