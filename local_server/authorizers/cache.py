"""Results that are kept for a while, on the emulator's clock."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from local_server.clock import Clock, Milliseconds

T = TypeVar("T")

# What was not asked for the longest makes room.
ENTRIES = 10_000


class ResultCache(Generic[T]):
    def __init__(self, clock: Clock, entries: int = ENTRIES) -> None:
        self._clock = clock
        self._most = entries
        self._entries: OrderedDict[Hashable, tuple[Milliseconds, T]] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        """None once its time is over."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        ends, result = entry
        if self._clock.now() >= ends:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return result

    def put(self, key: Hashable, result: T, seconds: float) -> None:
        ends = Milliseconds(self._clock.now() + round(seconds * 1000))
        self._entries[key] = (ends, result)
        self._entries.move_to_end(key)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)
