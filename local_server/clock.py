"""The time of day, as an argument."""

import time
from typing import NewType, Protocol

Milliseconds = NewType("Milliseconds", int)


class Clock(Protocol):
    def now(self) -> Milliseconds:
        """Milliseconds since the epoch, the unit of every time in AWS's events."""


class SystemClock:
    def now(self) -> Milliseconds:
        return Milliseconds(time.time_ns() // 1_000_000)
