"""Functions that do as they are told, and a clock on which every sleep is over at once."""

import asyncio
import json
from typing import Any

from local_server.clock import Clock
from local_server.errors import FunctionRaised
from local_server.faults import Call
from local_server.journal import Journal
from local_server.shared import Shared
from local_server.tasks import Tasks
from local_server.template import FunctionName

F = FunctionName("f")
RAISED = FunctionRaised("ValueError", "x")


class Functions:
    """Answers with its results one after the other, the last of them for good."""

    def __init__(self, *results: Any) -> None:
        self._results = list(results) or [None]
        self._invoked = asyncio.Condition()
        self.events: list[Any] = []
        self.done = 0
        self.released = asyncio.Event()
        self.released.set()

    async def invoke(self, name: FunctionName, event: Any, call: Call | None = None) -> str:
        self.events.append(event)
        result = self._results.pop(0) if len(self._results) > 1 else self._results[0]
        async with self._invoked:
            self._invoked.notify_all()
        await self.released.wait()
        self.done += 1
        if isinstance(result, Exception):
            raise result
        return json.dumps(result)

    async def until(self, count: int) -> list[Any]:
        """The events once there are so many."""
        async with asyncio.timeout(30), self._invoked:
            await self._invoked.wait_for(lambda: len(self.events) >= count)
        return self.events


class ImpatientClock(Clock):
    """Starts at zero, and stands still but for what is slept."""

    def __init__(self) -> None:
        super().__init__(lambda: 0)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)


def shared(clock: Clock | None = None, tasks: Tasks | None = None) -> Shared:
    return Shared(
        clock=clock or Clock(),
        random_bytes=bytes,
        tasks=tasks or Tasks(),
        journal=Journal(is_detailed=True),
    )
