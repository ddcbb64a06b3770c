"""How values are written in templates."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.velocity import as_json, escaped, rendered


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("a", "a"),
        (1.5, "1.5"),
        (True, "true"),
        (["a", {"b": 1}], '["a",{"b":1}]'),
        ({"a": 1, "b": [{"c": 5}], "d": {"e": None}}, '{a=1, b=[{"c":5}], d={e=null}}'),
    ],
)
def test_objects_are_written_as_java_does_and_lists_as_json(value: Any, text: str) -> None:
    assert rendered(value) == text


def test_nothing_is_an_empty_text_in_json() -> None:
    assert (as_json(None), as_json({"a": [None]})) == ('""', '{"a":[null]}')


def test_javascript_is_escaped_by_its_own_rules() -> None:
    assert escaped("\"\\/'\n\té\x01") == "\\\"\\\\\\/\\'\\n\\t\\u00e9\\u0001"


@given(st.text())
def test_what_is_escaped_for_javascript_is_json_but_for_single_quotes(text: str) -> None:
    assert json.loads('"' + escaped(text).replace("\\'", "'") + '"') == text
