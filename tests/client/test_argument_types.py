import argparse

import pytest

from client.argument_types import json_object, names, positive, positive_int, whole


def test_what_they_make_of_words() -> None:
    assert json_object('{"a": 1}') == {"a": 1}
    assert positive("0.5") == 0.5
    assert positive_int("7") == 7
    assert whole("0") == 0
    assert names("alice, bob,") == ["alice", "bob"]


@pytest.mark.parametrize("number", ["0", "-1", "nan", "inf", "1e999", "ten", ""])
def test_a_duration_is_above_nothing_and_ends(number: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="above 0"):
        positive(number)


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "²", ""])
def test_a_count_is_a_whole_number(number: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="whole number"):
        positive_int(number)
