"""Many waits of one length, with one timer for all of them: the first to begin is due first."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from local_server.clock import Clock, Milliseconds, Timer

# One that stays open keeps those behind it, met or not, until there are so many.
_FULL = 1024


class Deadline:
    """Calls `passed` when it is due, unless it was met before."""

    __slots__ = ("due", "passed")

    def __init__(self, due: Milliseconds, passed: Callable[[], None]) -> None:
        self.due = due
        self.passed: Callable[[], None] | None = passed

    def meet(self) -> None:
        self.passed = None


class Deadlines:
    """A timer an event costs more than all else that is done for it, and nearly none ever fires."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._ms = round(seconds * 1000)
        self._open: deque[Deadline] = deque()
        self._full = _FULL
        self._timer: Timer | None = None

    def start(self, passed: Callable[[], None]) -> Deadline:
        self._forget_met()
        if len(self._open) >= self._full:
            self._open = deque(one for one in self._open if one.passed is not None)
            self._full = max(_FULL, 2 * len(self._open))
        deadline = Deadline(Milliseconds(self._clock.now() + self._ms), passed)
        self._open.append(deadline)
        if self._timer is None:
            self._time()
        return deadline

    async def wait(self, awaited: "asyncio.Future[Any]") -> bool:
        """Whether it is done in time. It is neither cancelled nor read."""
        if awaited.done():
            return True
        woken = asyncio.get_running_loop().create_future()

        def wake(_: object = None) -> None:
            if not woken.done():
                woken.set_result(None)

        awaited.add_done_callback(wake)
        deadline = self.start(wake)
        try:
            await woken
        finally:
            deadline.meet()
            awaited.remove_done_callback(wake)
        return awaited.done()

    def stop(self) -> None:
        self._open.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _forget_met(self) -> None:
        while self._open and self._open[0].passed is None:
            self._open.popleft()

    def _time(self) -> None:
        wait_ms = self._open[0].due - self._clock.now()
        self._timer = self._clock.timer(wait_ms / 1000, self._due)

    def _due(self) -> None:
        self._timer = None
        now = self._clock.now()
        while self._open and (self._open[0].passed is None or self._open[0].due <= now):
            deadline = self._open.popleft()
            if deadline.passed is not None:
                deadline.passed()
        if self._open:
            self._time()
