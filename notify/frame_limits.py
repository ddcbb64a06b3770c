"""How fast one connection may talk.

Frames are the bill, pings above all, so counting them must not add to it. Each process counts by
itself what it sees: that stops a flood without a read or a write, if only as exactly as there are
processes. Frames that cost reads are counted in the store as well, but only of a connection that
has sent more than FREE_FRAMES of them to one process within a minute; hardly any client ever does.
"""

from collections import Counter

from notify.errors import RateLimited
from notify.limits import MINUTE_MS, RateLimits
from notify.model import ConnectionId
from notify.ports import Clock

FRAMES_A_MINUTE = 300
FREE_FRAMES = 20


class FrameLimits:
    """Of every connection, in minutes by the clock; a minute's counts go with it."""

    def __init__(
        self, rates: RateLimits, clock: Clock, frames_a_minute: int = FRAMES_A_MINUTE
    ) -> None:
        self._rates = rates
        self._clock = clock
        self._frames_a_minute = frames_a_minute
        self._minute = 0
        self._seen: Counter[ConnectionId] = Counter()
        self._costly: Counter[ConnectionId] = Counter()
        self._full: set[ConnectionId] = set()

    def count(self, connection_id: ConnectionId) -> None:
        """Any frame. Raises: RateLimited."""
        now = self._turn_minute()
        self._seen[connection_id] += 1
        if connection_id in self._full or self._seen[connection_id] > self._frames_a_minute:
            rest = MINUTE_MS - now % MINUTE_MS
            raise RateLimited("too many frames: wait a moment", rest, self._frames_a_minute)

    def spend(self, connection_id: ConnectionId) -> None:
        """One that costs more than a ping. Raises: RateLimited."""
        self._turn_minute()
        self._costly[connection_id] += 1
        surplus = self._costly[connection_id] - FREE_FRAMES
        if surplus <= 0:
            return
        cost = FREE_FRAMES + 1 if surplus == 1 else 1  # what was free counts once it matters
        try:
            self._rates.take(f"frames:{connection_id}", self._frames_a_minute, cost)
        except RateLimited:
            self._full.add(connection_id)
            raise

    def _turn_minute(self) -> int:
        now = self._clock()
        if now // MINUTE_MS != self._minute:
            self._minute = now // MINUTE_MS
            for counts in (self._seen, self._costly, self._full):
                counts.clear()
        return now
