"""Marking notifications, and letting the user's other devices know."""

from contextlib import suppress

from notify.devices import Devices
from notify.entries import InboxCounts
from notify.errors import Unavailable
from notify.fanout import Fanout
from notify.frames import Frame, Marked, NotificationUpdated, UnreadCountChanged, encode
from notify.inbox import Inbox, Marking
from notify.marks import State
from notify.messages import MarkThese
from notify.model import Connection, ConnectionId, Principal, Username, timestamp
from notify.ports import Clock


class Marker:
    """What is marked is marked: no push that fails makes it undone."""

    def __init__(self, inbox: Inbox, devices: Devices, fanout: Fanout, clock: Clock) -> None:
        self._inbox = inbox
        self._devices = devices
        self._fanout = fanout
        self._clock = clock

    def answer(self, connection: Connection, message: MarkThese, now: int) -> list[Frame]:
        """The verb `mark`: its connection gets the answer, the user's others the news."""
        made = self.mark(connection.principal, message.ids, message.state, connection.id)
        counts = made.counts
        return [Marked(len(made.ids), counts.unread, counts.unseen, id=message.id)]

    def mark(
        self,
        principal: Principal,
        ids: list[str],
        state: State,
        by: ConnectionId | None = None,
    ) -> Marking:
        """Raises: Unavailable."""
        made = self._inbox.mark(principal, ids, state)
        if made.news:
            news = NotificationUpdated(made.news, state, timestamp(self._clock()))
            self._tell(principal.username, news, by)
        return made

    def mark_all(self, principal: Principal, state: State, before: int | None) -> InboxCounts:
        """Raises: Unavailable."""
        made = self._inbox.mark_all(principal, state, before)
        if made.ids:
            until = None if before is None else timestamp(before)
            news = NotificationUpdated(None, state, timestamp(self._clock()), before=until)
            self._tell(principal.username, news)
        return made.counts

    def _tell(
        self, username: Username, news: NotificationUpdated, but: ConnectionId | None = None
    ) -> None:
        with suppress(Unavailable):
            others = [each for each in self._devices.of(username) if each.connection_id != but]
            self._fanout.deliver(encode(news), others)
            for counts, group in self._devices.counted(others):
                if counts is not None:
                    frame = UnreadCountChanged(counts.unread, counts.unseen)
                    self._fanout.deliver(encode(frame), group)
