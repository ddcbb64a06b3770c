"""The time line for the inspector: numbered entries, bounded in number, in bytes and in effort."""

import secrets
from collections.abc import Callable
from itertools import islice
from typing import Any

from local_server.fast_json import encode
from local_server.journal import (
    Answered,
    Batch,
    Began,
    Closed,
    Entry,
    Frame,
    Invocation,
    Journal,
    Line,
    Moved,
    Opened,
    Post,
    Struck,
    TurnedAway,
)

# What a page that is opened later still finds.
KEPT_ENTRIES = 5_000
KEPT_BYTES = 24 * 1024 * 1024
# Of one message to a page.
MESSAGE_ENTRIES = 1_000
MESSAGE_BYTES = 256 * 1024
# An entry takes about ten microseconds. Between two calls of `refill`, half a second, so many are
# noted: what is more, as under load, costs nothing, and the time line says that it has a gap.
UNSEEN = 200
SEEN = 4_000

_KINDS: dict[type[Entry], str] = {
    Answered: "http",
    Batch: "batch",
    Began: "event",
    Closed: "closed",
    Line: "log",
    Moved: "clock",
    Opened: "opened",
    Post: "post",
    Struck: "fault",
    TurnedAway: "refused",
}


class Feed:
    """Hears a journal and keeps its entries as JSON, the first of them at position 1.

    A journal that keeps nothing itself is closed while there is no room.
    """

    def __init__(self, journal: Journal, most_bytes: int = KEPT_BYTES) -> None:
        # A page that has seen another run starts anew.
        self.run = secrets.token_hex(4)
        self._journal = journal
        self._most_bytes = most_bytes
        self._is_ours = not journal.is_open
        self._entries: list[bytes] = []
        self._before = 0
        self._bytes = 0
        self._room = 0
        self._watchers: list[Callable[[], None]] = []
        journal.listeners.append(self.hear)
        self._open(UNSEEN)

    @property
    def end(self) -> int:
        """The position of the newest entry; 0 is before all."""
        return self._before + len(self._entries)

    def hear(self, entry: Entry) -> None:
        if self._room <= 0:
            return
        self._room -= 1
        self._keep(encoded(entry))
        if self._room == 0:
            self._close()

    def refill(self) -> None:
        """There is room again. Called twice a second."""
        if self._room <= 0:
            self._keep(b'{"kind":"gap"}')
        self._open(SEEN if self._watchers else UNSEEN)

    def after(self, position: int) -> tuple[int, list[bytes]]:
        """Entries after `position`, or after what is forgotten, and where the first of them is. As
        many as one message should hold, and one at least if there is any.
        """
        start = max(position - self._before, 0)
        some: list[bytes] = []
        size = 0
        for entry in islice(self._entries, start, start + MESSAGE_ENTRIES):
            size += len(entry)
            if some and size > MESSAGE_BYTES:
                break
            some.append(entry)
        return self._before + start + 1, some

    def watch(self, watcher: Callable[[], None]) -> None:
        """It is called whenever there is something new."""
        self._watchers.append(watcher)
        self._open(SEEN)

    def leave(self, watcher: Callable[[], None]) -> None:
        self._watchers.remove(watcher)

    def _open(self, room: int) -> None:
        self._room = room
        self._journal.is_detailed = True
        if self._is_ours:
            self._journal.is_open = True

    def _close(self) -> None:
        self._journal.is_detailed = False
        if self._is_ours:
            self._journal.is_open = False

    def _keep(self, entry: bytes) -> None:
        self._entries.append(entry)
        self._bytes += len(entry)
        if len(self._entries) > KEPT_ENTRIES or self._bytes > self._most_bytes:
            self._forget()
        for watcher in self._watchers:
            watcher()

    def _forget(self) -> None:
        """An eighth at once, and more where entries are large: a list loses its head slowly."""
        most, count = KEPT_ENTRIES * 7 // 8, 0
        while self._bytes > self._most_bytes * 7 // 8 or len(self._entries) - count > most:
            self._bytes -= len(self._entries[count])
            count += 1
        del self._entries[:count]
        self._before += count


def encoded(entry: Entry) -> bytes:
    """A JSON object with its `kind`."""
    if isinstance(entry, Frame):
        return encode(_frame(entry))
    if isinstance(entry, Invocation):
        return encode(_end(entry))
    return encode({"kind": _KINDS[type(entry)], **vars(entry)})


def _frame(frame: Frame) -> dict[str, Any]:
    return {
        "kind": "frame",
        "at": frame.at,
        "connection_id": frame.connection_id,
        "direction": frame.direction,
        "text": frame.text,
    }


def _end(invocation: Invocation) -> dict[str, Any]:
    """Without its event, which has been told when it began."""
    return {
        "kind": "answer",
        "at": invocation.at,
        "request_id": invocation.request_id,
        "function": invocation.function,
        "answer": invocation.answer,
        "error": invocation.error,
        "traceback": invocation.traceback,
        "ms": invocation.ms,
    }
