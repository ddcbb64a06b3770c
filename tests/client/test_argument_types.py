import argparse

import pytest

from client.argument_types import json_object, names, positive, positive_int, whole


def test_what_they_make_of_words() -> None:
    assert json_object('{"a": 1}') == {"a": 1}
    assert json_object('{"a": ' + "[" * 99 + "]" * 99 + "}")
    assert positive("0.5") == 0.5
    assert positive_int("7") == 7
    assert whole("0") == 0
    assert names("alice, bob,") == ["alice", "bob"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"a": NaN}', "not JSON"),
        ('{"a": [-Infinity]}', "not JSON"),
        ('{"a": 1e400}', "not JSON"),
        ('{"a": "\\ud800"}', "not JSON"),
        ('{"a": ' + "[" * 100 + "]" * 100 + "}", "nested too deep"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deep"),
    ],
    ids=lambda text: text[:20],
)
def test_what_cannot_be_sent_as_a_json_object_is_refused(text: str, reason: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=reason):
        json_object(text)


@pytest.mark.parametrize("number", ["0", "-1", "nan", "inf", "1e999", "ten", ""])
def test_a_duration_is_above_nothing_and_ends(number: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="above 0"):
        positive(number)


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "²", ""])
def test_a_count_is_a_whole_number(number: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="whole number"):
        positive_int(number)
