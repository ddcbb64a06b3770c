"""Counters spread over shards, so that no item is written more often than DynamoDB likes."""

import random
from collections.abc import Mapping

from infra.invocation import count
from infra.stores.border import translated
from infra.tables import CounterRow
from notify.model import Pattern
from notify.ports import Counts, Totals
from notify.topics import EVERYBODY

# One item takes 1,000 writes a second; sixteen of them take what one account may invoke.
SHARDS = 16
# Topics with members, each shard those of one part of the directory: users' own, and all others.
TOPICS, USERS = "live-topics", "live-users"
COUNTERS = ("sent", "delivered", "gone", "failed", "acked")


def members_counter(pattern: Pattern) -> str:
    return f"members:{pattern}"


def pattern_of(members_counter: str) -> Pattern:
    return Pattern(members_counter.removeprefix("members:"))


def add_to(counter: str, shard: int, amount: int) -> int:
    """Adds to one shard of a counter and returns its new value."""
    row = CounterRow(counter, shard)
    row.update(actions=[CounterRow.value.add(amount)])
    return int(row.value)


def add_anywhere(counter: str, amount: int) -> None:
    add_to(counter, random.randrange(SHARDS), amount)  # noqa: S311  (load, not secrets)


def total(counter: str) -> int:
    return sum(int(row.value) for row in CounterRow.query(counter, consistent_read=True))


class MeteredCounts:
    """Counts that are metrics of the invocation as well, also where the store is busy."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def add(self, amounts: Mapping[str, int]) -> None:
        count(amounts)
        self._counts.add(amounts)

    def totals(self) -> Totals:
        return self._counts.totals()


class DynamoCounts:
    """The service's counters. Everybody is in `general`, so its members are the connections."""

    @translated
    def add(self, amounts: Mapping[str, int]) -> None:
        for counter, amount in amounts.items():
            if amount:
                add_anywhere(counter, amount)

    @translated
    def totals(self) -> Totals:
        users = total(USERS)
        return Totals(
            connections=total(members_counter(EVERYBODY)),
            users=users,
            topics=total(TOPICS) + users,
            counters={counter: total(counter) for counter in COUNTERS},
        )
