"""A clock that a test moves."""

import asyncio
from contextlib import suppress


class ManualTime:
    """Stands still until `advance`; whoever sleeps is announced by `next_sleep`."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self._announced: asyncio.Queue[float] = asyncio.Queue()
        self._timeouts: list[tuple[float, asyncio.Timeout]] = []

    def clock(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        wake: asyncio.Future[None] = asyncio.Future()
        self._sleepers.append((self._now + seconds, wake))
        self._announced.put_nowait(seconds)
        await wake

    async def next_sleep(self) -> float:
        """How long the next sleeper means to sleep; waits for one."""
        return await self._announced.get()

    def timeout(self, seconds: float) -> asyncio.Timeout:
        """As asyncio.timeout, but it only runs out by `advance`."""
        timeout = asyncio.timeout(None)
        self._timeouts.append((self._now + seconds, timeout))
        return timeout

    @property
    def next_deadline(self) -> float | None:
        """When the next sleeper wakes, or the next timeout runs out."""
        sleepers = [deadline for deadline, wake in self._sleepers if not wake.done()]
        return min(sleepers + [deadline for deadline, _ in self._timeouts], default=None)

    def advance(self, seconds: float) -> None:
        self._now += seconds
        for deadline, wake in self._sleepers:
            if deadline <= self._now and not wake.done():
                wake.set_result(None)
        over = [timeout for deadline, timeout in self._timeouts if deadline <= self._now]
        self._timeouts = [each for each in self._timeouts if each[0] > self._now]
        for timeout in over:
            with suppress(RuntimeError):  # Whatever it was for has ended in time.
                timeout.reschedule(asyncio.get_running_loop().time())

    async def pass_sleep(self) -> float:
        seconds = await self.next_sleep()
        self.advance(seconds)
        return seconds
