"""Counts that can be held against what they count.

Beside its value a count keeps the sum of its members' marks. An operation in flight (counted, its
row not yet written) makes a difference between a count and its rows too, but one that bears its own
mark: it is never the same difference a minute later. So a difference that is the same, mark for
mark, in two looks a minute apart is an error, however busy the count is; and because it is taken
away by an addition, whatever is counted meanwhile stays counted.
"""

from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from infra.rows import DoesNotExist, UpdateError
from infra.stores.border import condition_failed
from infra.tables import CounterRow, TopicRow

# Longer than any call that counts: what was in flight at the first look has ended at the second.
APART_MS = 60_000
# 40 bits: the sum of the marks of a full shard is exact even where a store computes in doubles.
MARK_BYTES = 5

Counted = CounterRow | TopicRow  # with `digest` and `seen_…`; PynamoDB types no null


class Tally(Struct, frozen=True):
    """How many, and the sum of their marks."""

    value: int
    digest: int

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(self.value - other.value, self.digest - other.digest)


NOTHING = Tally(0, 0)


class Settlement(Struct, frozen=True):
    """What a look at a count has led to. `turn`: +1 if it has become positive, -1 if it has ceased
    to be, which its parent must be told."""

    suspect: bool = False
    corrected: bool = False
    turn: int = 0


def mark(member: str) -> int:
    """A number by which a member is told from others."""
    return int.from_bytes(blake2b(member.encode(), digest_size=MARK_BYTES).digest())


def tally(members: Iterable[str]) -> Tally:
    marks = [mark(member) for member in members]
    return Tally(len(marks), sum(marks))


def add_member(row: Counted, amount: int, member: str) -> int:
    """One member more (+1) or fewer (-1); returns how many they are."""
    model: Any = type(row)
    marks = amount * mark(member)
    row.update(actions=[_attribute(row).add(amount), model.digest.add(marks)])
    return _tally_of(row).value


def settle(row: Any, truth: Tally, now: int) -> Settlement:
    """Corrects the count if it differs from the truth as it did a minute ago or longer."""
    with suppress(DoesNotExist):  # nothing was ever counted here
        row.refresh(consistent_read=True)
    difference = _tally_of(row) - truth
    if difference == NOTHING:
        if row.seen_at is not None:
            row.update(actions=_forgotten(row))
        return Settlement()
    if row.seen_at is None or _seen(row) != difference:
        _remember(row, difference, now)
        return Settlement(suspect=True)
    if now - int(row.seen_at) < APART_MS:
        return Settlement(suspect=True)
    return _correct(row, difference)


def _correct(row: Counted, difference: Tally) -> Settlement:
    model: Any = type(row)
    actions = [
        _attribute(row).add(-difference.value),
        model.digest.add(-difference.digest),
        *_forgotten(row),
    ]
    try:
        # An SDK that repeats it does not take the difference away twice.
        row.update(actions=actions, condition=model.seen_at == row.seen_at)
    except UpdateError as error:
        if condition_failed(error):
            return Settlement(suspect=True)
        raise
    after = _tally_of(row).value
    was_positive, is_positive = after + difference.value > 0, after > 0
    return Settlement(corrected=True, turn=is_positive - was_positive)


def _remember(row: Counted, difference: Tally, now: int) -> None:
    model: Any = type(row)
    row.update(
        actions=[
            _attribute(row).add(0),  # a row without it could not be read
            model.seen_at.set(now),
            model.seen_value.set(difference.value),
            model.seen_digest.set(difference.digest),
        ]
    )


def _forgotten(row: Counted) -> list[Any]:
    model: Any = type(row)
    return [model.seen_at.remove(), model.seen_value.remove(), model.seen_digest.remove()]


def _seen(row: Any) -> Tally:
    return Tally(int(row.seen_value or 0), int(row.seen_digest or 0))


def _tally_of(row: Counted) -> Tally:
    value = row.live_shards if isinstance(row, TopicRow) else row.value
    return Tally(int(value or 0), int(row.digest or 0))


def _attribute(row: Counted) -> Any:
    return TopicRow.live_shards if isinstance(row, TopicRow) else CounterRow.value
