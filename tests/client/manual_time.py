"""A clock that a test moves."""

import asyncio


class ManualTime:
    """Stands still until `advance`; whoever sleeps is announced by `next_sleep`."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self._announced: asyncio.Queue[float] = asyncio.Queue()

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

    def advance(self, seconds: float) -> None:
        self._now += seconds
        for deadline, wake in self._sleepers:
            if deadline <= self._now and not wake.done():
                wake.set_result(None)

    async def pass_sleep(self) -> float:
        seconds = await self.next_sleep()
        self.advance(seconds)
        return seconds
