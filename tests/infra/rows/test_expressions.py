"""How they are written; that PynamoDB writes the same is tested in test_table.py."""

from collections.abc import Callable

import pytest

from infra.rows.attributes import NumberAttribute, UnicodeSetAttribute
from infra.rows.expressions import Condition, Path, Placeholders, size, update_expression
from tests.infra.rows.both import OURS

Thing = OURS.Thing


def written(condition: Condition) -> tuple[str, dict[str, object]]:
    placeholders = Placeholders()
    return condition.write(placeholders), placeholders.parameters()


def test_what_is_named_and_compared_is_told_beside_the_expression() -> None:
    text, parameters = written(Thing.name == "alice")
    assert text == "#0 = :0"
    assert parameters == {
        "ExpressionAttributeNames": {"#0": "name"},
        "ExpressionAttributeValues": {":0": {"S": "alice"}},
    }


def test_a_name_has_one_placeholder_and_each_value_its_own() -> None:
    text, parameters = written((Thing.amount > 1) | (Thing.amount > 1))
    assert text == "(#0 > :0 OR #0 > :1)"
    assert parameters["ExpressionAttributeNames"] == {"#0": "amount"}


def test_dynamodb_is_told_of_no_placeholders_where_there_are_none() -> None:
    assert Placeholders().parameters() == {}
    assert "ExpressionAttributeValues" not in written(Thing.text.exists())[1]


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Thing.text.exists(), "attribute_exists (#0)"),
        (Thing.text.does_not_exist(), "attribute_not_exists (#0)"),
        (Thing.text.startswith("a"), "begins_with (#0, :0)"),
        (Thing.text.between("a", "b"), "#0 BETWEEN :0 AND :1"),
        (Thing.amount < 1, "#0 < :0"),
        (Thing.amount <= 1, "#0 <= :0"),
        (Thing.amount > 1, "#0 > :0"),
        (Thing.amount >= 1, "#0 >= :0"),
        (Thing.amount == Thing.version, "#0 = #1"),
        (size(Thing.tags) < 3, "size (#0) < :0"),
        (Thing.acked["orders:eu"] < 3, "#0.#1 < :0"),
        (
            Thing.text.exists() & (Thing.amount < 1) | Thing.tags.does_not_exist(),
            "((attribute_exists (#0) AND #1 < :0) OR attribute_not_exists (#2))",
        ),
    ],
)
def test_each_condition_is_written_as_dynamodb_reads_it(condition: Condition, text: str) -> None:
    assert written(condition)[0] == text


def test_a_condition_is_neither_true_nor_false_here() -> None:
    with pytest.raises(TypeError):
        bool(Thing.name == "alice")


def test_an_update_has_each_clause_once() -> None:
    actions = [
        Thing.amount.add(1),
        Thing.text.set("a"),
        Thing.open.remove(),
        Thing.tags.delete({"x"}),
        Thing.name.set(Thing.name | "b"),
        Thing.parts.add({2}),
    ]
    placeholders = Placeholders()
    assert update_expression(actions, placeholders) == (
        "SET #0 = :0, #1 = if_not_exists (#1, :1) REMOVE #2 ADD #3 :2, #4 :3 DELETE #5 :4"
    )
    values = placeholders.parameters()["ExpressionAttributeValues"]
    assert values[":3"] == {"NS": ["2"]}


def test_an_empty_set_is_removed_for_dynamodb_knows_none() -> None:
    assert update_expression([Thing.tags.set(set())], Placeholders()) == "REMOVE #0"


def test_what_stands_in_a_map_is_written_by_its_own_type() -> None:
    placeholders = Placeholders()
    Thing.acked["a.b[0]"].set(3).write(placeholders)
    assert placeholders.parameters() == {
        "ExpressionAttributeNames": {"#0": "acked", "#1": "a.b[0]"},
        "ExpressionAttributeValues": {":0": {"N": "3"}},
    }


@pytest.mark.parametrize(
    "encode",
    [
        lambda: Path("a").set(object()),
        lambda: NumberAttribute().set(object()),
        lambda: UnicodeSetAttribute().set(3),
    ],
)
def test_what_cannot_be_written_is_found_where_it_is_said(encode: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        encode()
