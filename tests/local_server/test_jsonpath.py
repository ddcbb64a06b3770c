"""JSONPath: what it finds, and what is refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.jsonpath import BadPath, NoValue, parse_path

DOCUMENT = {
    "a": {"b": "deep", "c d": "spaced", "x": 1},
    "list": [{"x": 2}, {"x": 3}, {"y": 4}],
    "it's": "quoted",
    "0": "zero",
    "nothing": None,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", DOCUMENT),
        ("$.a.b", "deep"),
        ("a.b", "deep"),
        ("$['a']['c d']", "spaced"),
        ('$["a"].b', "deep"),
        ("$['it\\'s']", "quoted"),
        ("$.list[0].x", 2),
        ("$.list[-1].y", 4),
        ("$.0", "zero"),
        ("$.nothing", None),
        ("$.list[*].x", [2, 3]),
        ("$.list[0:2]", [{"x": 2}, {"x": 3}]),
        ("$.list[1:].x", [3]),
        ("$.list[:-1].x", [2, 3]),
        ("$.list[0, 2]", [{"x": 2}, {"y": 4}]),
        ("$..x", [1, 2, 3]),
        ("$.a.*", ["deep", "spaced", 1]),
        ("$.a[*]", ["deep", "spaced", 1]),
        ("$.list..*", [{"x": 2}, {"x": 3}, {"y": 4}, 2, 3, 4]),
        ("$.nobody[*]", []),
    ],
)
def test_a_path_leads_to_a_value_or_to_all_of_them__2_1_1(path: str, value: Any) -> None:
    assert parse_path(path).value(DOCUMENT) == value


@pytest.mark.parametrize("path", ["$.b", "$.a.b.c", "$.list[3]", "$.list.0", "$.a[0]", "$.list.x"])
def test_where_nothing_is_there_is_no_value(path: str) -> None:
    with pytest.raises(NoValue):
        parse_path(path).value(DOCUMENT)


@pytest.mark.parametrize(
    "path",
    ["$.", "$..", "$a", "$.a.", "$.a[", "$.a[]", "$[?(@.x)]", "$.a.length()", "$['a','b']",
     "$[:]", "$.a b", "$.list[1:2:3]", "$['a'b']"],
)  # fmt: skip
def test_what_is_not_evaluated_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        parse_path(path)


@given(st.text(alphabet="$.[]*'\"ab01:, -"), st.recursive(st.none() | st.integers(), st.lists))
def test_no_path_does_worse_than_a_refusal(path: str, document: Any) -> None:
    with suppress(BadPath, NoValue):
        parse_path(path).value(document)
