"""What a row asks of DynamoDB: what PynamoDB's asks. (What comes of it, the stores' tests say.)"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.rows import errors
from infra.rows.attributes import UnicodeAttribute
from infra.rows.table import Table
from tests.infra.rows.both import KEY, NOTHING, OURS, REGION, asked_by_both
from tests.infra.rows.test_attributes import FIELDS, KEYS

Do = Callable[[Any], object]


def row(rows: Any, **fields: Any) -> Any:
    return rows.Thing("a", 1, **fields)


def exists(rows: Any) -> Any:
    return rows.Thing.owner.exists()


CALLS: dict[str, Do] = {
    "get": lambda rows: rows.Thing.get("a", 1),
    "get consistently": lambda rows: rows.Thing.get("a", 1, consistent_read=True),
    "get by one key": lambda rows: rows.Lone.get("a"),
    "refresh": lambda rows: row(rows).refresh(consistent_read=True),
    "save": lambda rows: row(rows, name="n", tags={"y", "x"}, acked={"s": 1}).save(),
    "save if": lambda rows: row(rows, name="n").save(condition=exists(rows)),
    "delete": lambda rows: row(rows).delete(),
    "delete if": lambda rows: row(rows).delete(condition=rows.Thing.amount == 3),
    "delete and return": lambda rows: rows.Thing.delete_returning("a", 1),
    "delete and return by one key": lambda rows: rows.Lone.delete_returning("a"),
    "update": lambda rows: row(rows).update([rows.Thing.amount.add(1)]),
    "update if": lambda rows: row(rows).update(
        actions=[
            rows.Thing.amount.add(1),
            rows.Thing.text.set("t"),
            rows.Thing.version.set(rows.Thing.version | 7),
            rows.Thing.open.remove(),
            rows.Thing.tags.delete({"x"}),
            rows.Thing.acked["orders:eu"].set(3),
            rows.Thing.acked.set({"a": 1, "b": "c"}),
        ],
        condition=exists(rows)
        & ((rows.Thing.text < "u") | (rows.Thing.version >= 2))
        & (rows.size(rows.Thing.tags) < 100)
        & (rows.Thing.acked["orders:eu"] <= 3),
    ),
    "query": lambda rows: list(rows.Thing.query("a")),
    "query consistently": lambda rows: list(rows.Thing.query("a", consistent_read=True)),
    "query by one key": lambda rows: list(rows.Lone.query("a")),
    "query backwards": lambda rows: list(
        rows.Thing.query("a", rows.Thing.number < 9, scan_index_forward=False, limit=5)
    ),
    "query in pages": lambda rows: list(rows.Thing.query("a", page_size=20)),
    "query between": lambda rows: list(
        rows.Thing.query("a", rows.Thing.number.between(1, 2), consistent_read=True)
    ),
    "query by prefix": lambda rows: list(rows.Thing.query("a", rows.Thing.text.startswith("p"))),
    "query for nothing": lambda rows: list(rows.Thing.query("a", limit=0)),
    "get some": lambda rows: list(
        rows.Thing.batch_get([("a", 1), ("a", 2), ("a", 1)], consistent_read=True)
    ),
    "get some by one key": lambda rows: list(rows.Lone.batch_get(["a", "b"])),
    "get none": lambda rows: list(rows.Lone.batch_get([])),
}


@pytest.mark.parametrize("call", CALLS)
def test_it_asks_what_pynamodb_asks(call: str) -> None:
    ours, theirs = asked_by_both(CALLS[call])
    assert ours == theirs
    assert len(ours) == (0 if call in ("query for nothing", "get none") else 1)


@given(KEYS, FIELDS)
def test_whatever_is_saved_is_saved_as_by_pynamodb(
    key: tuple[str, float], fields: dict[str, Any]
) -> None:
    ours, theirs = asked_by_both(lambda rows: rows.Thing(*key, **fields).save())
    assert ours == theirs


@given(st.dictionaries(st.sampled_from(["text", "amount", "open", "tags", "parts"]), FIELDS))
def test_whatever_is_set_is_set_as_by_pynamodb(values: dict[str, dict[str, Any]]) -> None:
    def update(rows: Any) -> None:
        actions = [
            rows.Thing.get_attributes()[name].set(fields.get(name))
            for name, fields in values.items()
        ]
        row(rows).update([*actions, rows.Thing.version.add(1)])

    ours, theirs = asked_by_both(update)
    assert ours == theirs


def page(numbers: range, more: bool) -> dict[str, Any]:
    items = [{"owner": {"S": "a"}, "number": {"N": str(n)}} for n in numbers]
    last = {"LastEvaluatedKey": items[-1]} if more else {}
    return {"Items": items, "Count": len(items), "ScannedCount": len(items), **last}


@pytest.mark.parametrize("limit", [None, 1, 3, 4, 5, 6, 100])
@pytest.mark.parametrize("size", [None, 2])
def test_a_query_reads_on_where_a_page_has_ended(limit: int | None, size: int | None) -> None:
    read = []

    def answers(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        start = int(request.get("ExclusiveStartKey", KEY)["number"]["N"])
        return page(range(start + 1, start + 4), more=start < 7)

    def query(rows: Any) -> None:
        found = rows.Thing.query("a", limit=limit, page_size=size)
        read.append([each.number for each in found])

    ours, theirs = asked_by_both(query, answers)
    assert ours == theirs
    assert read[0] == read[1] == list(range(2, 11))[:limit]


def test_no_page_is_read_before_it_is_needed() -> None:
    ours, theirs = asked_by_both(
        lambda rows: next(rows.Thing.query("a")), lambda *_: page(range(3), more=True)
    )
    assert len(ours) == len(theirs) == 1


def test_a_row_is_what_the_update_has_made_of_it() -> None:
    rows = []

    def update(each: Any) -> None:
        rows.append(row(each, text="before"))
        rows[-1].update([each.Thing.name.set("n")])

    asked_by_both(update)
    assert [(each.name, each.text, each.number) for each in rows] == [("n", None, 1)] * 2


def test_what_is_not_there_does_not_exist() -> None:
    def get(rows: Any) -> None:
        with pytest.raises(rows.Thing.DoesNotExist):
            rows.Thing.get("a", 1)
        with pytest.raises(rows.Thing.DoesNotExist):
            row(rows).refresh()

    asked_by_both(get, lambda *_: {})
    assert issubclass(OURS.Thing.DoesNotExist, errors.DoesNotExist)
    assert OURS.Thing.DoesNotExist is not OURS.Lone.DoesNotExist


def test_nothing_that_must_be_there_is_left_out() -> None:
    def save(rows: Any) -> None:
        with pytest.raises(ValueError, match="name"):
            row(rows).save()

    assert asked_by_both(save) == ([], [])


def test_what_was_deleted_is_returned_if_it_was_there() -> None:
    returned = []
    for answer in (NOTHING, {}):
        asked_by_both(
            lambda rows: returned.append(rows.Thing.delete_returning("a", 1)),
            lambda *_, answer=answer: answer,
        )
    assert returned == [NOTHING["Attributes"]] * 2 + [None] * 2


def test_a_table_may_be_another_at_each_call() -> None:
    meta = OURS.Lone.Meta
    before = meta.table_name
    meta.table_name = "others"
    try:
        ((_, request),), _ = asked_by_both(
            lambda rows: rows.Lone("a").delete() if rows is OURS else None
        )
    finally:
        meta.table_name = before
    assert (request["TableName"], meta.region) == ("others", REGION)


def test_no_attribute_hides_what_a_row_does() -> None:
    with pytest.raises(TypeError, match="save"):

        class Bad(Table):
            save = UnicodeAttribute()
