"""JSON as the route selection reads it."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.lenient import LenientError, parse_lenient


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('{"action":"sendMessage", body:"hello"}', {"action": "sendMessage", "body": "hello"}),
        ("{action: send message}", {"action": "send message"}),
        ("{'action': 'a\\'b'}", {"action": "a'b"}),
        ('{"a": [1, two, "3"],}', {"a": ["1", "two", "3"]}),
        ('{"a": {b: true, c: null}}', {"a": {"b": True, "c": None}}),
        ('{"a": "\\u00e9\\n"}', {"a": "é\n"}),
        (" [] ", []),
        ("{}", {}),
    ],
)
def test_words_need_no_quotes(text: str, document: Any) -> None:
    assert parse_lenient(text) == document


@pytest.mark.parametrize("text", ["", "hello", '"text"', "{", '{"a"', '{"a": ', "{a b}", "7"])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(LenientError):
        parse_lenient(text)


def test_deep_nesting_is_refused_rather_than_a_crash() -> None:
    with pytest.raises(LenientError):
        parse_lenient("[" * 100_000)


@given(st.text(alphabet="{}[]:,\"'\\ab1 \n"))
def test_no_text_does_worse_than_a_refusal(text: str) -> None:
    with suppress(LenientError):
        parse_lenient(text)
