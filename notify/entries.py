"""What an inbox holds: which notifications count, in which state, and where a page of them ends."""

import base64
import binascii
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec import Struct

from notify.errors import Invalid
from notify.frames import StoredNotification
from notify.marks import Mark, State, Watermarks
from notify.model import Pattern, Principal, Username
from notify.topics import EVERY_USER, implicit_topics, wildcards_over

UNMARKED = Mark()
_ID = re.compile(r"ntf_([0-9a-f]{12})[0-9a-f]{16}")


class Status(StrEnum):
    """Which entries are asked for. All but `archived` leave out what is archived."""

    ALL = "all"
    UNREAD = "unread"
    UNSEEN = "unseen"
    READ = "read"
    ARCHIVED = "archived"


class Place(NamedTuple):
    """An entry's place in the inbox, which nothing that arrives later changes."""

    at: int
    seq: int
    stream: Pattern


class Entry(Struct, frozen=True):
    """A notification as it lies in somebody's inbox; times in ms.

    `generation`: what a mark of it would be made at now.
    """

    stored: StoredNotification
    seen_at: int | None
    read_at: int | None
    archived_at: int | None
    generation: int = 0

    @property
    def id(self) -> str:
        return self.stored.frame.id

    @property
    def place(self) -> Place:
        return Place(self.stored.at, _seq(self.stored), Pattern(self.stored.frame.stream))

    def may_be(self, state: State) -> bool:
        """What is archived is so for good."""
        return self.archived_at is None or state is State.ARCHIVED

    def takes(self, state: State) -> bool:
        """Whether marking it so changes anything. What is archived stays as it is."""
        if self.archived_at is not None:
            return False
        if state is State.SEEN:
            return self.seen_at is None
        if state is State.ARCHIVED:
            return True
        return (self.read_at is None) == (state is State.READ)

    def has(self, status: Status) -> bool:
        if status is Status.ARCHIVED or self.archived_at is not None:
            return status is Status.ARCHIVED and self.archived_at is not None
        if status is Status.UNSEEN:
            return self.seen_at is None
        return status is Status.ALL or (self.read_at is None) == (status is Status.UNREAD)


class InboxCounts(Struct, frozen=True):
    """How much of an inbox is unread and unseen, and all that is not archived."""

    unread: int = 0
    unseen: int = 0
    total: int = 0


def tally(entries: Iterable[Entry]) -> InboxCounts:
    kept = [entry for entry in entries if entry.has(Status.ALL)]
    return InboxCounts(
        unread=sum(entry.has(Status.UNREAD) for entry in kept),
        unseen=sum(entry.has(Status.UNSEEN) for entry in kept),
        total=len(kept),
    )


def inbox_streams(principal: Principal) -> list[Pattern]:
    """What the inbox is fed by: the principal's own topics and the wildcards over them."""
    topics = sorted(implicit_topics(principal))
    over = {wide for topic in topics for wide in wildcards_over(topic)} - {EVERY_USER}
    return [*topics, *sorted(over)]


def meant_for(
    username: Username, created_at: int, newest_first: Iterable[StoredNotification]
) -> Iterator[StoredNotification]:
    """Of one stream, what counts for that account: not what excludes it or is older than it, and of
    those that collapse only the newest that has not expired."""
    met: set[str] = set()
    for stored in newest_first:
        if stored.at < created_at or username in stored.excluded:
            continue
        key = stored.frame.collapse_key
        # A write that was repeated may have stored a notification twice.
        names = {f"id {stored.frame.id}"} | ({f"key {key}"} if key is not None else set())
        if met.isdisjoint(names):
            yield stored
        met |= names


def settle_each(
    stored: Collection[StoredNotification], marks: Mapping[str, Mark], watermarks: Watermarks
) -> list[Entry]:
    """The states that the user's marks, by ids, and mark-alls leave them in: the first time of each
    counts."""
    highest = {
        stream: watermarks.highest(Pattern(stream))
        for stream in {each.frame.stream for each in stored}
    }
    return [
        _settle(each, marks.get(each.frame.id, UNMARKED), watermarks, highest[each.frame.stream])
        for each in stored
    ]


def _settle(stored: StoredNotification, mark: Mark, watermarks: Watermarks, highest: int) -> Entry:
    """`highest`: the number up to which any mark-all covers the stream."""
    stream, seq = Pattern(stored.frame.stream), _seq(stored)
    generation = max(watermarks.generation, mark.generation or 0)
    if seq > highest:  # as nearly everything is that is counted for a send
        return Entry(stored, mark.seen_at, mark.read_at, mark.archived_at, generation)

    def covered(state: State, until: int | None) -> list[int]:
        # A mark-all does not touch what has been archived before it.
        since = watermarks.since(state, stream, seq)
        return [at for at in since if until is None or at <= until]

    archived_at = _first(mark.archived_at, covered(State.ARCHIVED, None))
    read = covered(State.READ, archived_at)
    seen = covered(State.SEEN, archived_at) + read
    if mark.is_unread:
        # Only a mark-all that came after it overrules it.
        read = [generation for generation in read if generation > (mark.generation or 0)]
    return Entry(
        stored,
        seen_at=_first(mark.seen_at, seen),
        read_at=_first(mark.read_at, read),
        archived_at=archived_at,
        generation=generation,
    )


def issued_at(notification_id: str) -> int:
    """When an id was made (ms), which is not after its notification was stored; 0 if it does not
    say."""
    match = _ID.fullmatch(notification_id)
    return int(match[1], 16) if match else 0


def encode_cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def parse_cursor(text: str) -> Place:
    """Raises: Invalid."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=Place)
    except (binascii.Error, ValueError):
        raise Invalid("cursor: not one that a page of the inbox ended with") from None


def _first(marked: int | None, covered: list[int]) -> int | None:
    times = covered if marked is None else [marked, *covered]
    return min(times, default=None)


def _seq(stored: StoredNotification) -> int:
    return stored.frame.seq or 0
