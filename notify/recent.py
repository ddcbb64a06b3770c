"""What this process keeps of inboxes, because they are counted again with each notification.

That is the newest of their streams. Each stream is asked every time for what follows, so nothing
that is stored is ever missed. Its head alone would not do to ask: it may lag behind its stream
after a crash.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from notify.frames import StoredNotification
from notify.marks import Watermarks
from notify.model import Pattern, Username
from notify.ports import Clock, StreamPage, Streams

# It is read so far back at most.
MAX_ENTRIES = 1000
READ_PAGE = 200
# What an operator has removed from a stream by hand is kept no longer.
KEPT_MS = 5 * 60_000
MAX_WEIGHT = 20_000  # of all that is kept: some 1 KB each
MAX_KNOWN = 1000
# Nothing lives for less than a minute (notify.requests): what was stored since a look that was no
# longer ago is there, also by a clock that is half a minute fast.
FRESH_MS = 30_000


class _Kept(Struct, frozen=True):
    """Newest first, what was stored from number `through` up to number `top`, without bodies.

    `at_end`: when it was last looked at, the number to be given next was the one behind `top`.
    """

    since: int
    looked_at: int
    rows: tuple[StoredNotification, ...]
    top: int
    through: int
    more: bool
    pages: int
    at_end: bool = False
    had_news: bool = False
    weight: int = 1

    def is_fresh(self, now: int) -> bool:
        return now < min(self.looked_at + FRESH_MS, self.since + KEPT_MS)

    @property
    def next_numbers(self) -> range:
        """Where to look for news; where there was some, one further, to see whether it ends."""
        return range(self.top + 1, self.top + (3 if self.had_news else 2))


class Recent:
    """Pages of a stream, newest first. What it keeps has no title, message or data."""

    def __init__(self, streams: Streams, clock: Clock, max_weight: int = MAX_WEIGHT) -> None:
        self._streams = streams
        self._clock = clock
        self._max_weight = max_weight
        self._kept: OrderedDict[Pattern, _Kept] = OrderedDict()
        self._weight = 0
        self._lock = Lock()

    def bare(self, streams: Iterable[Pattern]) -> dict[Pattern, Iterator[StreamPage]]:
        """Without their bodies. What was asked for a moment ago is asked for news in one read."""
        now, streams = self._clock(), list(streams)
        fresh = {
            stream: kept
            for stream in streams
            if (kept := self._kept.get(stream)) is not None and kept.is_fresh(now)
        }
        followed = self._followed({each: kept for each, kept in fresh.items() if kept.at_end}, now)
        ends = self._ends([each for each, kept in fresh.items() if not kept.at_end])
        return {each: self._bare(each, followed.get(each), ends.get(each)) for each in streams}

    def _bare(self, stream: Pattern, kept: _Kept | None, end: int | None) -> Iterator[StreamPage]:
        kept, start, now = kept or self._up_to_date(stream, end), 0, self._clock()
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

    def _followed(self, kept: dict[Pattern, _Kept], now: int) -> dict[Pattern, _Kept]:
        """Numbers have no holes: where the next one is free, nothing lies behind it. Those of which
        all that were looked for are taken are left out; more may follow."""
        places = [(stream, seq) for stream, each in kept.items() for seq in each.next_numbers]
        found = self._streams.numbered(places) if places else {}
        followed = {}
        for stream, each in kept.items():
            run = takewhile(found.__contains__, ((stream, seq) for seq in each.next_numbers))
            taken = [found[place] for place in run]
            if len(taken) < len(each.next_numbers):
                top = each.top + len(taken)
                followed[stream] = self._keep(stream, _behind(taken, each, now, top, at_end=True))
        return followed

    def _ends(self, streams: list[Pattern]) -> dict[Pattern, int]:
        """The last number that each has given. Of the newest ones nothing may be left, so that what
        is kept does not say."""
        heads = self._streams.begun(streams) if streams else {}
        return {stream: heads[stream].seq if stream in heads else 0 for stream in streams}

    def _up_to_date(self, stream: Pattern, end: int | None) -> _Kept:
        now, kept = self._clock(), self._kept.get(stream)
        if kept is None or now >= kept.since + KEPT_MS:
            return self._keep(stream, self._begun(stream))
        newer = self._streams.after(stream, kept.top, READ_PAGE, now)
        if newer.more:
            return self._keep(stream, self._begun(stream))
        at_end = end is not None or (kept.at_end and kept.is_fresh(now))
        top = max(newer.through, end or 0)
        return self._keep(stream, _behind(newer.notifications, kept, now, top, at_end=at_end))

    def _begun(self, stream: Pattern) -> _Kept:
        now = self._clock()
        page = self._streams.before(stream, None, READ_PAGE, now)
        rows = tuple(map(_bare, page.notifications))
        # If the newest have expired, they are read once more, and not missed.
        top = rows[0].frame.seq or 0 if rows else page.through - 1
        return _Kept(now, now, rows, top, page.through, page.more, pages=1)

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


class KnownWatermarks:
    """Users' watermarks, as they were when they were last read.

    What they archive they archive for good. So they may be old where they only say how far back
    there is nothing to read.
    """

    def __init__(self, clock: Clock, most: int = MAX_KNOWN) -> None:
        self._clock = clock
        self._most = most
        self._known: OrderedDict[Username, tuple[int, Watermarks]] = OrderedDict()
        self._lock = Lock()

    def get(self, username: Username) -> Watermarks | None:
        since, watermarks = self._known.get(username, (0, None))
        return watermarks if self._clock() < since + KEPT_MS else None

    def keep(self, username: Username, watermarks: Watermarks) -> None:
        """The longest known are forgotten for it."""
        with self._lock:
            self._known.pop(username, None)
            self._known[username] = self._clock(), watermarks
            while len(self._known) > self._most:
                self._known.popitem(last=False)


def _behind(
    news: Sequence[StoredNotification], kept: _Kept, now: int, top: int, *, at_end: bool
) -> _Kept:
    """What is kept, and behind it what has come, as of `now`."""
    rows = (*map(_bare, reversed(news)), *kept.rows)
    return replace(kept, looked_at=now, rows=rows, top=top, at_end=at_end, had_news=bool(news))


def _weight(stored: StoredNotification) -> int:
    return 1 + len(stored.excluded) // 10


def _bare(stored: StoredNotification) -> StoredNotification:
    return replace(stored, frame=replace(stored.frame, title="", message="", data={}))
