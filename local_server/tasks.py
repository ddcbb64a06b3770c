"""Work that nobody waits for, kept referenced until it is done."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

logger = logging.getLogger("local_server")

T = TypeVar("T")


class Tasks:
    """The background tasks of one emulator."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a background task failed", exc_info=error)

    async def finish(self, seconds: float) -> None:
        """Lets them, and those that they start, end by themselves for a while; then cancels what
        is left.
        """
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while self._tasks and (left_s := end - clock()) > 0:
            await asyncio.wait(set(self._tasks), timeout=left_s)
            # Whoever has waited for one of them may start another.
            for _ in range(3):
                await asyncio.sleep(0)
        left = set(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
