"""The standard library's JSON, only faster."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.fast_json import decode, encode

TEXT = st.text(st.characters(codec=None))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@given(JSON)
def test_what_is_encoded_the_standard_library_reads(value: Any) -> None:
    assert json.loads(encode(value)) == value


@given(JSON)
def test_what_the_standard_library_writes_is_decoded(value: Any) -> None:
    assert decode(json.dumps(value)) == value


@given(st.text('{}[]:,"\\ \n0123456789.eE+-truefalsnNaIity'))
def test_whatever_the_text_it_is_read_as_the_standard_library_reads_it(text: str) -> None:
    try:
        expected = repr(json.loads(text))
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - json's own
            decode(text)
    else:
        assert repr(decode(text)) == expected


def test_a_value_that_is_nested_too_deeply_is_told_as_by_the_standard_library() -> None:
    with pytest.raises(RecursionError):
        decode("[" * 100_000)
