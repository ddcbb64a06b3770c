"""The time of day, and timers that can be told to believe it is later."""

import asyncio
from collections.abc import Callable
from typing import Any, NewType

from local_server import travel

Milliseconds = NewType("Milliseconds", int)


class Timer:
    """One call in the future; `cancel` as often as you like."""

    def __init__(self, clock: "Clock", due: Milliseconds, callback: Callable[[], None]) -> None:
        self._clock = clock
        self._callback = callback
        self._handle: asyncio.TimerHandle | None = None
        self.due = due

    def schedule(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        delay = max(0, self.due - self._clock.now()) / 1000
        self._handle = asyncio.get_running_loop().call_later(delay, self._fire)

    def cancel(self) -> None:
        self._clock.forget(self)
        if self._handle is not None:
            self._handle.cancel()

    def _fire(self) -> None:
        self._clock.forget(self)
        self._callback()


class Clock:
    """The machine's time plus what it was advanced by. Everything that waits here wakes then.

    Handlers run ahead as far, from one event to the next; see Travel.
    """

    def __init__(self, machine_ns: Callable[[], int] = travel.machine_ns) -> None:
        self._machine_ns = machine_ns
        self._ahead_ms = 0
        # Since when, by the machine, it has been how far ahead.
        self._jumps: list[tuple[Milliseconds, int]] = []
        self._timers: set[Timer] = set()

    def now(self) -> Milliseconds:
        """Milliseconds since the epoch, the unit of every time in AWS's events."""
        return Milliseconds(self.machine_now() + self._ahead_ms)

    def machine_now(self) -> Milliseconds:
        """The same by the machine, for what cannot be moved."""
        return Milliseconds(self._machine_ns() // 1_000_000)

    @property
    def ahead_ms(self) -> int:
        return self._ahead_ms

    def at(self, machine: Milliseconds) -> Milliseconds:
        """What this clock has shown when the machine's showed that, as the store does."""
        ahead_ms = next((ahead for since, ahead in reversed(self._jumps) if since <= machine), 0)
        return Milliseconds(machine + ahead_ms)

    def ahead_after(self, seconds: float) -> int:
        """In milliseconds, if the clock is advanced by `seconds`. Raises ValueError."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        return self._ahead_ms + round(seconds * 1000)

    def advance(self, seconds: float) -> None:
        """It is later now. Timers that are due run in the loop's next turn. Never backwards."""
        self._ahead_ms = self.ahead_after(seconds)
        self._jumps.append((self.machine_now(), self._ahead_ms))
        for timer in list(self._timers):
            timer.schedule()

    def timer(self, seconds: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(self, Milliseconds(self.now() + round(seconds * 1000)), callback)
        self._timers.add(timer)
        timer.schedule()
        return timer

    def forget(self, timer: Timer) -> None:
        self._timers.discard(timer)

    async def sleep(self, seconds: float) -> None:
        await self.wait(asyncio.get_running_loop().create_future(), seconds)

    async def wait(self, awaited: "asyncio.Future[Any]", seconds: float) -> bool:
        """Whether it is done after at most `seconds`. It is neither cancelled nor read."""
        woken = asyncio.get_running_loop().create_future()

        def wake(_: object = None) -> None:
            if not woken.done():
                woken.set_result(None)

        awaited.add_done_callback(wake)
        timer = self.timer(seconds, wake)
        try:
            await woken
        finally:
            timer.cancel()
            awaited.remove_done_callback(wake)
        return awaited.done()
