"""Batches of a stream's records, and what is tried after a failure. No I/O.

docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from dataclasses import dataclass

from local_server.clock import Milliseconds
from local_server.events import Event


@dataclass(frozen=True)
class Record:
    """`event` is its part of the event, `born` when it was written, both by our clock."""

    sequence_number: str
    born: Milliseconds
    event: Event


@dataclass(frozen=True)
class Batch:
    records: tuple[Record, ...]
    failures: int = 0


@dataclass(frozen=True)
class Policy:
    """Without `retries` a batch is tried until its records are too old."""

    reports_failures: bool
    bisects: bool
    retries: int | None
    max_age_ms: int


def without_old(batch: Batch, now: Milliseconds, policy: Policy) -> Batch:
    young = (record for record in batch.records if now - record.born < policy.max_age_ms)
    return Batch(tuple(young), batch.failures)


def after_failure(batch: Batch, first_failed: int, policy: Policy) -> tuple[Batch, ...]:
    """What is tried next, in this order; nothing if Lambda gives the records up.

    Lambda starts again at the first failed record. Splitting does not count as an attempt.
    """
    rest = batch.records[first_failed:]
    if policy.bisects and first_failed:
        return (Batch(rest, batch.failures),)
    if policy.bisects and len(rest) > 1:
        middle = len(rest) // 2
        return Batch(rest[:middle], batch.failures), Batch(rest[middle:], batch.failures)
    failures = 1 if first_failed else batch.failures + 1
    if policy.retries is not None and failures > policy.retries:
        return ()
    return (Batch(rest, failures),)
