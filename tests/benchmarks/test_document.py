from dataclasses import replace

import pytest

from benchmarks import results
from benchmarks.document import CHART, PAGE, chart, page, read_profiles, times
from benchmarks.measure import Figure

PROFILES = read_profiles()


def test_what_is_generated_is_current() -> None:
    found = results.read()
    assert PAGE.read_text() == page(found, PROFILES), "run python -m benchmarks.document"
    assert CHART.read_text() == chart(found), "run python -m benchmarks.document"


@pytest.mark.parametrize(
    ("subject", "text"),
    [(40, "20.0× less"), (1600, "2.00× more"), (805, "the same")],
)
def test_a_ratio_is_told_in_words(subject: float, text: str) -> None:
    assert times(Figure("a post", "ours", "boto3", "CPU µs", subject, 800, 5)) == text


def test_a_goal_that_is_missed_says_by_how_much_and_why() -> None:
    found = results.read()
    fanout = found.parts["fanout"]
    slow = [replace(each, subject_median=90.0) for each in fanout.figures]
    parts = found.parts | {"fanout": replace(fanout, figures=slow)}
    text = page(replace(found, parts=parts), PROFILES)
    assert "| a recipient of a broadcast | ≤ 60 µs CPU | 90.0 | **missed by 50%** |" in text
    assert ": a recipient is a request over TLS" in text


def test_what_was_left_out_is_told_with_its_reason() -> None:
    found = results.read()
    emulator = replace(found.parts["emulator"], left_out={"serverless-offline": "there is no Node"})
    text = page(replace(found, parts=found.parts | {"emulator": emulator}), PROFILES)
    assert "Left out in this run: serverless-offline: there is no Node." in text
