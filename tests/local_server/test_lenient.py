"""JSON as the route selection reads it."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.lenient import LenientError, parse_lenient, read_json


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('{"action":"sendMessage", body:"hello"}', {"action": "sendMessage", "body": "hello"}),
        ("{action: send message}", {"action": "send message"}),
        ("{'action': 'a\\'b'}", {"action": "a'b"}),
        ('{"a": [1, two, "3"],}', {"a": [1, "two", "3"]}),
        ("{,a: -1.5e1,, b: 007,}", {"a": -15.0, "b": "007"}),
        ('{"a": {b: true, c: null}}', {"a": {"b": True, "c": None}}),
        ('{"a": "\\u00e9\\n"}', {"a": "é\n"}),
        ('{"a": 1} and more', {"a": 1}),
        ("{a: 1}}}'", {"a": 1}),
        (" [] ", []),
        ("{}", {}),
    ],
)
def test_words_need_no_quotes__2_1_4(text: str, document: Any) -> None:
    assert parse_lenient(text) == document


@pytest.mark.parametrize(
    "text", ["", "hello", '"text"', "{", '{"a"', '{"a": ', "{a b}", "7", "{:1}"]
)
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(LenientError):
        parse_lenient(text)


def test_proper_json_is_read_as_it_is() -> None:
    assert read_json('{"a": [1.0, null]}') == {"a": [1.0, None]}
    assert read_json("7") == 7
    with pytest.raises(LenientError):
        read_json("seven")


def test_deep_nesting_is_refused_rather_than_a_crash() -> None:
    with pytest.raises(LenientError):
        read_json("[" * 100_000)


def test_a_number_beyond_all_bounds_stays_a_word() -> None:
    digits = "9" * 5000
    assert read_json(f'{{"a": {digits}}}') == {"a": digits}


@given(st.text(alphabet="{}[]:,\"'\\ab1 \n"))
def test_no_text_does_worse_than_a_refusal(text: str) -> None:
    with suppress(LenientError):
        read_json(text)
