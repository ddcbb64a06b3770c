"""A user's inbox: the streams of the user's own topics, read as one, and what the user marked.

Nothing is copied for a user. A list, its counts and every number in a frame come out of one kind of
reading, so they cannot drift apart. It is mostly of memory, and without bodies: a list reads those
of the entries that it shows.
"""

from collections.abc import Collection, Iterator

from msgspec import Struct
from msgspec.structs import replace

from notify.entries import (
    Entry,
    InboxCounts,
    Place,
    Status,
    encode_cursor,
    inbox_streams,
    issued_at,
    meant_for,
    settle_each,
    tally,
)
from notify.errors import Unavailable
from notify.frames import StoredNotification
from notify.marks import State, Watermarks
from notify.model import Pattern, Principal, User, Username
from notify.ports import Clock, Marks, StreamPage, Streams, Users
from notify.recent import KnownWatermarks, Recent

SKEW_MS = 60_000  # how far the clocks of two machines may be apart
MAX_TRIES = 8
NEVER = 1 << 62  # a time later than any


class InboxPage(Struct, frozen=True):
    """Entries, newest first; `next_cursor` continues behind them, None at the end."""

    entries: list[Entry]
    next_cursor: str | None
    counts: InboxCounts


class Marking(Struct, frozen=True):
    """What came of a mark: the ids that were found, the counts after it, and of the ids those that
    bear the mark now. What is archived takes no other."""

    ids: list[str]
    counts: InboxCounts
    news: list[str]


class Inbox:
    """Lists, counts and marks."""

    def __init__(self, users: Users, streams: Streams, marks: Marks, clock: Clock) -> None:
        self._users = users
        self._streams = streams
        self._recent = Recent(streams, clock)
        self._known = KnownWatermarks(clock)
        self._marks = marks
        self._clock = clock

    def page(
        self, principal: Principal, status: Status, limit: int, behind: Place | None = None
    ) -> InboxPage:
        """`behind`: the place where the page before ended."""
        since = 0 if status is Status.ARCHIVED else NEVER
        entries = self._settled(principal, self._stored(principal, since))
        entries.sort(key=lambda entry: entry.place, reverse=True)
        matching = [
            entry
            for entry in entries
            if entry.has(status) and (behind is None or entry.place < behind)
        ]
        page = matching[:limit]
        more = len(matching) > limit
        cursor = encode_cursor(page[-1].place) if more else None
        return InboxPage(self._whole(page), cursor, tally(entries))

    def counts(self, principal: Principal, user: User | None = None) -> InboxCounts:
        """`user`: the principal's account, where it has just been read."""
        return tally(self._settled(principal, self._stored(principal, user=user)))

    def mark(self, principal: Principal, ids: Collection[str], state: State) -> Marking:
        """Ids that are not in the inbox are ignored. Raises: Unavailable."""
        since = min(map(issued_at, ids), default=NEVER)
        stored = self._stored(principal, since)
        entries = self._settled(principal, stored)
        held = {entry.id: entry for entry in entries}
        found = [each for each in dict.fromkeys(ids) if each in held]
        due = {each for each in found if held[each].takes(state)}
        for _ in range(MAX_TRIES):
            if due:
                wanted = [entry for entry in entries if entry.id in due]
                due = {entry.id for entry in wanted if not self._mark(principal, entry, state)}
                entries = self._settled(principal, stored)
            if not due:
                news = [each for each in found if held[each].may_be(state)]
                return Marking(found, tally(entries), news)
        raise Unavailable("the inbox is busy: try again")

    def mark_all(self, principal: Principal, state: State, before: int | None) -> Marking:
        """Everything there is, or what is older than `before` (ms), in one write.

        Raises: Unavailable.
        """
        stored = self._stored(principal)
        limit = NEVER if before is None else before
        due = [
            entry
            for entry in self._settled(principal, stored)
            if entry.takes(state) and entry.stored.at < limit
        ]
        tops: dict[Pattern, int] = {}
        for entry in due:
            stream = entry.place.stream
            tops[stream] = max(tops.get(stream, 0), entry.place.seq)
        if tops:
            self._marks.mark_all(principal.username, state, tops, self._clock())
        ids = [entry.id for entry in due]
        return Marking(ids, tally(self._settled(principal, stored)), ids)

    def _mark(self, principal: Principal, entry: Entry, state: State) -> bool:
        """Whether it was taken: not if it bears a newer generation meanwhile."""
        return self._marks.mark(
            principal.username,
            entry.id,
            state,
            self._clock(),
            entry.stored.expires_at,
            entry.generation,
        )

    def _settled(self, principal: Principal, stored: list[StoredNotification]) -> list[Entry]:
        """In the state that they are in now, streams apart."""
        if not stored:
            return []
        oldest = min(each.frame.id for each in stored)
        marks, watermarks = self._marks.since(principal.username, oldest)
        self._known.keep(principal.username, watermarks)
        return settle_each(stored, marks, watermarks)

    def _stored(
        self, principal: Principal, since: int = NEVER, user: User | None = None
    ) -> list[StoredNotification]:
        """What the inbox holds, without bodies. What mark-alls have archived is left out as far as
        they are known here, unless it is of `since` (ms) or later."""
        user = user or self._users.get(principal.username)
        if user is None:
            return []
        watermarks = self._known.get(principal.username) or self._watermarks(principal.username)
        found = self._recent.bare(inbox_streams(principal))
        return [
            stored
            for stream, read in found.items()
            for stored in meant_for(
                user.username,
                user.created_at,
                _read(read, watermarks.top(State.ARCHIVED, stream), user.created_at, since),
            )
        ]

    def _whole(self, entries: list[Entry]) -> list[Entry]:
        """With their bodies, in one read. What is gone from its stream meanwhile is left out."""
        places = [(entry.place.stream, entry.place.seq) for entry in entries]
        found = self._streams.numbered(places) if places else {}
        return [
            replace(entry, stored=found[place])
            for entry, place in zip(entries, places, strict=True)
            if place in found
        ]

    def _watermarks(self, username: Username) -> Watermarks:
        watermarks = self._marks.watermarks(username)
        self._known.keep(username, watermarks)
        return watermarks


def _read(
    pages: Iterator[StreamPage], archived: int, created_at: int, since: int
) -> Iterator[StoredNotification]:
    """Newest first, and no further than the account or any interest goes."""
    for page in pages:
        for stored in page.notifications:
            if (stored.frame.seq or 0) <= archived and stored.at + SKEW_MS < since:
                return
            yield stored
        at = page.notifications[-1].at + SKEW_MS if page.notifications else NEVER
        if at < created_at or (page.through <= archived and at < since):
            return
