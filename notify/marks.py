"""What a user did with notifications: a mark of a single one, watermarks over whole streams."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from notify.model import Pattern

# Steps that a later one has overtaken change nothing but since when something is read. So many are
# kept a stream; whatever came before them bears the time of the oldest of these.
KEPT_STEPS = 8


class State(StrEnum):
    """What a notification can be marked as. Read implies seen; archived is for good."""

    SEEN = "seen"
    READ = "read"
    UNREAD = "unread"
    ARCHIVED = "archived"


class Mark(Struct, frozen=True):
    """What a user did with one notification, times in ms.

    `generation`: that of the watermarks when it was last marked read or unread, None if it never
    was. Without a `read_at` it was marked unread.
    """

    seen_at: int | None = None
    read_at: int | None = None
    archived_at: int | None = None
    generation: int | None = None

    @property
    def is_unread(self) -> bool:
        """Whether its user said so, against watermarks of the same generation or an older one."""
        return self.generation is not None and self.read_at is None


class Step(NamedTuple):
    """A mark-all in one stream: it covers all numbers up to `seq`.

    A generation is the time of its mark-all in ms, but later than any before it.
    """

    seq: int
    generation: int


Steps = Mapping[State, Mapping[Pattern, tuple[Step, ...]]]


class Watermarks(Struct, frozen=True):
    """Every mark-all of a user that still says something; each stream's in the order made."""

    generation: int = 0
    steps: Steps = {}

    def since(self, state: State, stream: Pattern, seq: int) -> Iterator[int]:
        """The generations of the steps that cover that number."""
        for step in self._of(state, stream):
            if step.seq >= seq:
                yield step.generation

    def top(self, state: State, stream: Pattern) -> int:
        """The highest number that is covered, 0 if none is."""
        return max((step.seq for step in self._of(state, stream)), default=0)

    def highest(self, stream: Pattern) -> int:
        """The highest number that any mark-all covers, 0 if none does."""
        tops = [step.seq for each in self.steps.values() for step in each.get(stream, ())]
        return max(tops, default=0)

    def raised(self, state: State, tops: Mapping[Pattern, int], now: int) -> "Watermarks":
        """After one more mark-all, which covers each stream up to the number given."""
        generation = max(now, self.generation + 1)
        steps = dict(self.steps.get(state, {}))
        for stream, seq in tops.items():
            steps[stream] = _stepped(steps.get(stream, ()), Step(seq, generation))
        return Watermarks(generation, {**self.steps, state: steps})

    def _of(self, state: State, stream: Pattern) -> tuple[Step, ...]:
        return self.steps.get(state, {}).get(stream, ())


def _stepped(steps: tuple[Step, ...], new: Step) -> tuple[Step, ...]:
    overtaken = [step for step in steps if step.seq <= new.seq]
    dropped = overtaken[:-KEPT_STEPS]
    return (*(step for step in steps if step not in dropped), new)
