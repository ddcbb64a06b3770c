"""One's inbox over HTTP: its entries, its counts, and how they are marked."""

from dataclasses import dataclass, field
from typing import Literal, Self

from .fields import Body, mapping, mappings, number, text
from .frames import Notification
from .wire import read_notification

Status = Literal["all", "unread", "unseen", "read", "archived"]
Mark = Literal["seen", "read", "unread", "archived"]
MarkAll = Literal["seen", "read", "archived"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A notification in the inbox, and what became of it; times as the server writes them."""

    notification: Notification
    seen_at: str | None
    read_at: str | None
    archived_at: str | None

    @classmethod
    def read(cls, body: Body) -> Self:
        times = (text(body, name) or None for name in ("seen_at", "read_at", "archived_at"))
        return cls(read_notification(body), *times)


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """`total`: everything that is not archived."""

    unread: int
    unseen: int
    total: int

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(*(number(body, name) or 0 for name in ("unread", "unseen", "total")))


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page, newest first. `next_cursor` is None on the last one."""

    entries: tuple[Entry, ...]
    counts: InboxCounts
    next_cursor: str | None
    body: Body = field(repr=False)

    @classmethod
    def read(cls, body: Body) -> Self:
        entries = tuple(Entry.read(entry) for entry in mappings(body, "entries"))
        page = mapping(body, "page")
        more = text(page, "next_cursor") if page.get("has_more") is True else ""
        return cls(entries, InboxCounts.read(mapping(body, "counts")), more or None, body)


@dataclass(frozen=True, slots=True)
class MarkedInbox:
    """`count`: how many of the ids are in the inbox; None after a mark-all."""

    count: int | None
    counts: InboxCounts
    body: Body = field(repr=False)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(number(body, "count"), InboxCounts.read(body), body)
