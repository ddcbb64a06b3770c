from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given
from hypothesis import strategies as st

from infra.rows.values import read_number, read_value, write_number, write_value

# What fits into 38 digits and a double.
NUMBERS = st.integers(-(10**37), 10**37) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.none() | st.booleans() | NUMBERS | st.text())
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    written = write_value(value)
    assert read_value(written) == value
    assert type(read_value(written)) is type(value)


@given(st.booleans() | st.integers(-(10**37), 10**37) | st.text())
def test_a_value_is_written_so_that_boto3_reads_the_same(value: Any) -> None:
    assert TypeDeserializer().deserialize(write_value(value)) == value


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("-7", -7), ("1.5", 1.5), ("1E+2", 100.0), ("1e-7", 1e-7), ("9" * 38, 10**38 - 1)],
)
def test_numbers_are_read_as_dynamodb_writes_them(text: str, number: float) -> None:
    assert read_number(text) == number
    assert read_number(write_number(number)) == number


def test_what_has_no_type_there_is_not_written() -> None:
    with pytest.raises(TypeError, match="bytes"):
        write_value(b"bytes")
