"""Once a minute: what the gateway did not tell, what the clock has ended, what counts wrong."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from notify.deadlines import MINUTE_MS
from notify.errors import Unavailable
from notify.parts import Shard
from notify.ports import (
    TOTALS,
    Clock,
    Connections,
    Deadline,
    Deadlines,
    Look,
    Recounts,
)
from notify.replanning import Replanning
from notify.topics import PARTS, spread
from notify.visits import Visits

# As many as the gateway is asked about at once: none of them waits for another.
MET_AT_ONCE = 16
# They take less, even if all of their peers hang: a probe, a farewell, a close and a warning.
RESERVE_MS = 30_000
# How far the first run of all looks back.
FIRST_MINUTES = 15
# A count is looked at once in so many minutes, however many of its members come and go.
RECOUNT_MINUTES = 15

# What a run says of itself, also where it is nothing.
COUNTED = (
    "met",
    "closed",
    "revoked",
    "expired",
    "ended",
    "gone",
    "unfinished",
    "told",
    "corrected",
    "leftover",
    "replanned",
    "failed",
)

RemainingMs = Callable[[], int]


class OutOfTime(Exception):
    """The next run goes on from here."""


class Sweep:
    """Works off every deadline since the last run.

    A deadline is put off before it is dropped, and dropped for good only once its connection's row
    is gone. So whatever a run that dies has left undone, the next one does; what it has done is
    done again, and does no harm.
    """

    def __init__(
        self,
        deadlines: Deadlines,
        connections: Connections,
        recounts: Recounts,
        visits: Visits,
        replanning: Replanning,
        clock: Clock,
    ) -> None:
        self._deadlines = deadlines
        self._connections = connections
        self._recounts = recounts
        self._visits = visits
        self._replanning = replanning
        self._clock = clock

    def run(self, remaining_ms: RemainingMs) -> Counter[str]:
        """Returns how often what happened; `lag_minutes` is how far behind it still is."""
        run = _Run(self._clock() // MINUTE_MS, remaining_ms)
        swept = self._deadlines.swept()
        if swept is None:
            swept = run.minute - FIRST_MINUTES
        self._replan(run)
        try:
            while swept < run.minute:
                self._work_off(swept + 1, run)
                swept += 1
                self._deadlines.finish(swept)
            self._go_round(run)
        except OutOfTime:
            pass
        run.done["lag_minutes"] = max(0, run.minute - swept)
        return run.done

    def _replan(self, run: "_Run") -> None:
        try:
            run.done["replanned"] = self._replanning.put_again(run.minute)
        except Unavailable:
            run.done["failed"] += 1

    def _work_off(self, minute: int, run: "_Run") -> None:
        for page in self._deadlines.due(minute):
            for start in range(0, len(page), MET_AT_ONCE):
                run.check_time()
                self._meet(page[start : start + MET_AT_ONCE], run)
        for places in self._recounts.due(minute):
            self._recount(places, run)
            self._recounts.drop(places, minute)

    def _meet(self, page: list[Deadline], run: "_Run") -> None:
        """By their rows as they are now: while others hung, a new token may have come."""
        now = self._clock()
        rows = self._connections.get_each(deadline.connection_id for deadline in page)
        due = [
            (deadline, rows[deadline.connection_id])
            for deadline in page
            if deadline.connection_id in rows
        ]
        lost = {each.connection_id: each.topics for each in page if each.connection_id not in rows}
        self._recount_soon(self._connections.clear(lost), run.minute)
        self._deadlines.put(self._visits.visit(due, now, run.done))
        self._deadlines.drop(page)
        run.done.update(met=len(due), closed=len(lost))

    def _recount_soon(self, places: Iterable[Shard], minute: int) -> None:
        """Each place in a minute of its own out of RECOUNT_MINUTES, so that it is counted once for
        all who have left it meanwhile."""
        by_minute = defaultdict(set)
        for place in places:
            own = spread(f"{place.pattern}#{place.number}", RECOUNT_MINUTES)
            by_minute[minute + 1 + (own - minute - 1) % RECOUNT_MINUTES].add(place)
        for when, together in by_minute.items():
            self._recounts.put(together, when)

    def _go_round(self, run: "_Run") -> None:
        """One part of the directory a minute; an hour for all of them."""
        part = run.minute % PARTS
        self._recount([Shard(TOTALS, part)], run)
        for place in self._recounts.places(part):
            self._recount([place], run)

    def _recount(self, places: Iterable[Shard], run: "_Run") -> None:
        """Where something is suspect, it is looked at again in a minute."""
        suspects = []
        for place in places:
            run.check_time()
            found = self._look(place, run.done)
            if found.suspect:
                suspects.append(place)
            run.done.update(corrected=found.corrected, leftover=found.expired)
        if suspects:
            self._recounts.put(suspects, run.minute + 1)

    def _look(self, place: Shard, done: Counter[str]) -> Look:
        try:
            return self._recounts.look(place, self._clock())
        except Unavailable:  # one busy place must not hold up the others
            done["failed"] += 1
            return Look(suspect=True)


class _Run:
    """What one run knows of itself."""

    def __init__(self, minute: int, remaining_ms: RemainingMs) -> None:
        self.minute = minute
        self.done = Counter(dict.fromkeys(COUNTED, 0))
        self._remaining_ms = remaining_ms

    def check_time(self) -> None:
        """Raises: OutOfTime."""
        if self._remaining_ms() < RESERVE_MS:
            raise OutOfTime
