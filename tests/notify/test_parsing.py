import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from notify.codes import Code
from notify.errors import Invalid
from notify.parsing import MAX_COMPLAINT, convert, parse_object
from tests.notify.conftest import refusal_code


class Outer(Struct, forbid_unknown_fields=True):
    """What is asked for."""

    number: int
    names: list[str] = []


@settings(derandomize=True, deadline=None)
@given(st.integers(min_value=0, max_value=3000), st.sampled_from(['{"a":', "["]))
def test_any_depth_parses_or_is_refused(depth: int, opening: str) -> None:
    closing = {"[": "]", '{"a":': "}"}[opening]
    nested = opening * depth + "1" + closing * depth
    code = refusal_code(parse_object, '{"data":' + nested + "}")
    assert code in (None, Code.BAD_REQUEST)


def test_texts_are_numbers_unless_it_is_strict() -> None:
    assert convert({"number": "3"}, Outer, strict=False) == Outer(3)
    with pytest.raises(Invalid):
        convert({"number": "3"}, Outer)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "number: required"),
        ({"number": 1, "more": 2}, "more: unknown field"),
        ({"number": "a"}, "number: expected `int`, got `str`"),
        ({"number": 1, "names": ["a", 2]}, "names[1]: expected `str`, got `int`"),
    ],
)
def test_a_complaint_begins_with_the_field(fields: dict[str, object], message: str) -> None:
    with pytest.raises(Invalid) as refusal:
        convert(fields, Outer)
    assert refusal.value.message == message


def test_a_complaint_is_no_longer_than_a_line_or_two() -> None:
    with pytest.raises(Invalid) as refusal:
        convert(msgspec.json.decode(b'{"%s":1}' % (b"x" * 1000)), Outer)
    assert len(refusal.value.message) <= MAX_COMPLAINT
