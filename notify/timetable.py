"""Sends that wait for their time: what is kept of them, and in which minute to look at them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from notify.model import Principal
from notify.requests import Addressed


class ScheduledState(StrEnum):
    """How far a scheduled send has got."""

    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"
    REFUSED = "refused"  # when its time had come: its sender or a receiver is no longer there

    @property
    def is_open(self) -> bool:
        return self in (ScheduledState.SCHEDULED, ScheduledState.SENDING)


class ScheduledSend(Struct, frozen=True):
    """What is to be sent at a time, and for whom. `id` will be the notification's. Times in ms.
    `correlation_id`: of the request that asked for it, for what it was sized with must not grow."""

    id: str
    by: Principal
    request: Addressed
    at: int
    created_at: int
    expires_at: int
    state: ScheduledState = ScheduledState.SCHEDULED
    claimed_at: int | None = None  # for the first time
    lease_until: int = 0
    correlation_id: str | None = None


class Scheduled(Protocol):
    """Scheduled sends by id."""

    def add(self, item: ScheduledSend) -> ScheduledSend:
        """Stores it, unless there is one of that id; returns the one that is stored."""

    def get(self, id: str) -> ScheduledSend | None: ...

    def get_each(self, ids: Iterable[str]) -> Mapping[str, ScheduledSend]: ...

    def change(self, seen: ScheduledSend, to: ScheduledSend) -> bool:
        """Writes its state, claim and lease, if state and lease are what was seen."""


class Timetable(Protocol):
    """Which scheduled sends to look at in which minute (since the epoch)."""

    def put(self, minute: int, ids: Iterable[str], expires_at: int) -> None: ...

    def due(self, minute: int, limit: int) -> list[str]:
        """Some that are left of that minute; none if there are none."""

    def remove(self, minute: int, ids: Iterable[str]) -> None: ...

    def position(self) -> int | None:
        """Nothing is left in any minute before this one."""

    def begin(self, minute: int) -> None:
        """Sets the position, if there is none."""

    def advance(self, minute: int) -> None:
        """Moves the position, forward only."""
