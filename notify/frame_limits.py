"""How fast one connection may talk.

Frames are the bill, pings above all, so counting them must not add to it. Each process counts by
itself what it sees: that stops a flood without a read or a write, if only as exactly as there are
processes. Frames that cost reads are counted in the store as well, one that names many topics as
so many, but only of a connection that has sent more than FREE_FRAMES of them to one process within
a minute; hardly any client ever does.
"""

from collections import Counter

from notify.errors import RateLimited
from notify.limits import FRAMES_A_MINUTE, MINUTE_MS, RateLimits
from notify.messages import (
    Hello,
    Message,
    Subscribe,
    SubscribePattern,
    Unsubscribe,
    UnsubscribePattern,
)
from notify.model import ConnectionId
from notify.ports import Clock

FREE_FRAMES = 20
NAMES_TOPICS = Hello | Subscribe | SubscribePattern | Unsubscribe | UnsubscribePattern


def cost_of(message: Message) -> int:
    """As many as it names topics: each is as much work as a frame of its own."""
    return max(1, len(set(message.topics))) if isinstance(message, NAMES_TOPICS) else 1


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

    def spend(self, connection_id: ConnectionId, cost: int = 1) -> None:
        """One that costs more than a ping. Raises: RateLimited."""
        self._turn_minute()
        free = self._costly[connection_id] <= FREE_FRAMES
        self._costly[connection_id] += cost
        spent = self._costly[connection_id]
        if spent <= FREE_FRAMES:
            return
        counted = spent if free else cost  # what was free counts once it matters
        try:
            # One frame that is more than a minute's may come, if it is the first.
            most = min(counted, self._frames_a_minute)
            self._rates.take(f"frames:{connection_id}", self._frames_a_minute, most)
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
