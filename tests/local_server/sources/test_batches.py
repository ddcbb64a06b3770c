"""What is tried after a failure: against examples, and against functions that never succeed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_server.clock import Milliseconds
from local_server.sources.batches import Batch, Policy, Record, after_failure, without_old

PROPERTY = settings(derandomize=True, deadline=None)


def policy(*, bisects: bool = False, retries: int | None = None, reports: bool = False) -> Policy:
    return Policy(reports_failures=reports, bisects=bisects, retries=retries, max_age_ms=60_000)


def batch(numbers: str, failures: int = 0) -> Batch:
    records = (Record(number, Milliseconds(0), {}) for number in numbers)
    return Batch(tuple(records), failures)


def shown(batches: tuple[Batch, ...]) -> list[tuple[str, int]]:
    return [
        ("".join(record.sequence_number for record in one.records), one.failures) for one in batches
    ]


@pytest.mark.parametrize(
    ("failed", "first", "settings", "again"),
    [
        (batch("abcd"), 0, policy(), [("abcd", 1)]),
        (batch("abcd", 41), 0, policy(), [("abcd", 42)]),
        (batch("abcd"), 0, policy(retries=0), []),
        (batch("abcd", 1), 0, policy(retries=2), [("abcd", 2)]),
        (batch("abcd", 2), 0, policy(retries=2), []),
        (batch("abcd", 2), 2, policy(retries=2), [("cd", 1)]),
        (batch("abcd"), 2, policy(retries=0), []),
        (batch("abcd"), 0, policy(bisects=True), [("ab", 0), ("cd", 0)]),
        (batch("abc"), 0, policy(bisects=True), [("a", 0), ("bc", 0)]),
        (batch("abcd", 1), 2, policy(bisects=True), [("cd", 1)]),
        (batch("a"), 0, policy(bisects=True, retries=1), [("a", 1)]),
        (batch("a", 1), 0, policy(bisects=True, retries=1), []),
    ],
)
def test_what_is_tried_after_a_failure(
    failed: Batch, first: int, settings: Policy, again: list[tuple[str, int]]
) -> None:
    assert shown(after_failure(failed, first, settings)) == again


def test_old_records_are_left_out() -> None:
    records = tuple(Record(str(born), Milliseconds(born), {}) for born in (0, 1, 2))
    young = without_old(Batch(records, 3), Milliseconds(60_001), policy())
    assert shown((young,)) == [("2", 3)]


@PROPERTY
@given(
    poison=st.lists(st.booleans(), min_size=1, max_size=20),
    retries=st.integers(0, 3),
    reports=st.booleans(),
    bisects=st.booleans(),
)
def test_every_record_is_done_or_given_up_once_and_in_order(
    poison: list[bool], retries: int, reports: bool, bisects: bool
) -> None:
    settings = policy(bisects=bisects, retries=retries, reports=reports)
    records = tuple(Record(str(n), Milliseconds(n), {}) for n in range(len(poison)))
    pending, left, given_up = [Batch(records)], [], []
    while pending:
        one = pending.pop(0)
        bad = [at for at, record in enumerate(one.records) if poison[record.born]]
        first = (bad[0] if reports else 0) if bad else len(one.records)
        again = after_failure(one, first, settings) if bad else ()
        left += [record.born for record in one.records[:first]]
        if bad and not again:
            given_up += [record.born for record in one.records[first:]]
            left += [record.born for record in one.records[first:]]
        pending = [*again, *pending]
    assert left == list(range(len(poison)))
    if bisects:
        assert all(poison[number] for number in given_up)
