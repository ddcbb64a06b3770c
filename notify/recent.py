"""The newest of streams, kept in this process: it is counted again with each notification.

A stream is asked each time for what follows the newest that is kept, so nothing that is stored is
ever missed. Its head would not do to ask: it may lag behind its stream after a crash.
"""

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from notify.frames import StoredNotification
from notify.model import Pattern
from notify.ports import Clock, StreamPage, Streams

# It is read so far back at most.
MAX_ENTRIES = 1000
READ_PAGE = 200
# What an operator has removed from a stream by hand is kept no longer.
KEPT_MS = 5 * 60_000
MAX_WEIGHT = 20_000  # of all that is kept: some 1 KB each


class _Kept(Struct, frozen=True):
    """Newest first, what was stored from number `through` up to number `top`, without bodies."""

    since: int
    rows: tuple[StoredNotification, ...]
    top: int
    through: int
    more: bool
    pages: int
    weight: int = 1


class Recent:
    """Pages of a stream, newest first. What it keeps has no title, message or data."""

    def __init__(self, streams: Streams, clock: Clock, max_weight: int = MAX_WEIGHT) -> None:
        self._streams = streams
        self._clock = clock
        self._max_weight = max_weight
        self._kept: OrderedDict[Pattern, _Kept] = OrderedDict()
        self._weight = 0
        self._lock = Lock()

    def whole(self, stream: Pattern) -> Iterator[StreamPage]:
        """As they are stored."""
        seq = None
        for _ in range(MAX_ENTRIES // READ_PAGE):
            page = self._streams.before(stream, seq, READ_PAGE, self._clock())
            yield page
            if not page.more:
                return
            seq = page.through

    def bare(self, stream: Pattern) -> Iterator[StreamPage]:
        """Without their bodies."""
        kept, start, now = self._up_to_date(stream), 0, self._clock()
        while True:
            chunk = kept.rows[start : start + READ_PAGE]
            start += len(chunk)
            ends = start == len(kept.rows)
            through = kept.through if ends else chunk[-1].frame.seq or 0
            alive = tuple(row for row in chunk if row.expires_at > now)
            yield StreamPage(alive, through, more=kept.more or not ends)
            if ends and not kept.more:
                return
            if ends:
                kept = self._keep(stream, self._deeper(stream, kept))

    def _up_to_date(self, stream: Pattern) -> _Kept:
        now, kept = self._clock(), self._kept.get(stream)
        if kept is None or now >= kept.since + KEPT_MS:
            return self._keep(stream, self._begun(stream))
        newer = self._streams.after(stream, kept.top, READ_PAGE, now)
        if newer.more:
            return self._keep(stream, self._begun(stream))
        if newer.through == kept.top:
            return self._use(stream, kept)
        rows = (*map(_bare, reversed(newer.notifications)), *kept.rows)
        return self._keep(stream, replace(kept, rows=rows, top=newer.through))

    def _begun(self, stream: Pattern) -> _Kept:
        now = self._clock()
        page = self._streams.before(stream, None, READ_PAGE, now)
        rows = tuple(map(_bare, page.notifications))
        # If the newest have expired, they are read once more, and not missed.
        top = rows[0].frame.seq or 0 if rows else page.through - 1
        return _Kept(now, rows, top, page.through, page.more, pages=1)

    def _deeper(self, stream: Pattern, kept: _Kept) -> _Kept:
        page = self._streams.before(stream, kept.through, READ_PAGE, self._clock())
        pages = kept.pages + 1
        return replace(
            kept,
            rows=(*kept.rows, *map(_bare, page.notifications)),
            through=page.through,
            more=page.more and pages < MAX_ENTRIES // READ_PAGE,
            pages=pages,
        )

    def _keep(self, stream: Pattern, kept: _Kept) -> _Kept:
        if len(kept.rows) > MAX_ENTRIES:
            rows = kept.rows[:MAX_ENTRIES]
            kept = replace(kept, rows=rows, through=rows[-1].frame.seq or 0, more=False)
        kept = replace(kept, weight=1 + sum(map(_weight, kept.rows)))
        return self._use(stream, kept)

    def _use(self, stream: Pattern, kept: _Kept) -> _Kept:
        """What was not asked for the longest is forgotten for it."""
        with self._lock:
            before = self._kept.pop(stream, None)
            self._kept[stream] = kept
            self._weight += kept.weight - (before.weight if before else 0)
            while self._weight > self._max_weight:
                self._weight -= self._kept.popitem(last=False)[1].weight
        return kept


def _weight(stored: StoredNotification) -> int:
    return 1 + len(stored.excluded) // 10


def _bare(stored: StoredNotification) -> StoredNotification:
    return replace(stored, frame=replace(stored.frame, title="", message="", data={}))
