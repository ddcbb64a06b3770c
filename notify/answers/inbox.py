"""What an inbox answers."""

from typing import Any

from msgspec import Struct

from notify.entries import Entry, InboxCounts
from notify.frames import Sender
from notify.inbox import InboxPage, Marking
from notify.model import timestamp


class InboxEntry(Struct, frozen=True):
    """A notification in its reader's inbox."""

    id: str
    notification_type: str
    title: str
    message: str
    priority: str
    data: dict[str, Any]
    sender: Sender
    timestamp: str
    stream: str
    topic: str
    epoch: str | None
    seq: int | None
    expires_at: str | None
    collapse_key: str | None
    correlation_id: str | None
    seen_at: str | None
    read_at: str | None
    archived_at: str | None


class PageAnswer(Struct, frozen=True):
    """Where a page ends; `next_cursor` asks for the next one."""

    next_cursor: str | None
    has_more: bool


class InboxAnswer(Struct, frozen=True):
    """A page of one's inbox, and the counts of all of it."""

    entries: list[InboxEntry]
    page: PageAnswer
    counts: InboxCounts


class MarkAnswer(Struct, frozen=True):
    """How many of the ids are in the inbox, and the counts after the mark."""

    count: int
    unread: int
    unseen: int
    total: int


def inbox_answer(page: InboxPage) -> InboxAnswer:
    return InboxAnswer(
        [_inbox_entry(entry) for entry in page.entries],
        PageAnswer(page.next_cursor, page.next_cursor is not None),
        page.counts,
    )


def mark_answer(made: Marking) -> MarkAnswer:
    counts = made.counts
    return MarkAnswer(len(made.ids), counts.unread, counts.unseen, counts.total)


def _inbox_entry(entry: Entry) -> InboxEntry:
    frame = entry.stored.frame
    return InboxEntry(
        id=frame.id,
        notification_type=frame.notification_type,
        title=frame.title,
        message=frame.message,
        priority=frame.priority,
        data=frame.data,
        sender=frame.sender,
        timestamp=frame.timestamp,
        stream=frame.stream,
        topic=frame.topic,
        epoch=frame.epoch,
        seq=frame.seq,
        expires_at=frame.expires_at,
        collapse_key=frame.collapse_key,
        correlation_id=frame.correlation_id,
        seen_at=_time(entry.seen_at),
        read_at=_time(entry.read_at),
        archived_at=_time(entry.archived_at),
    )


def _time(at: int | None) -> str | None:
    return None if at is None else timestamp(at)
