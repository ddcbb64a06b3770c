"""An invoker that knows what is running, and notes in the journal what went in and came out."""

import asyncio
from typing import Any

from local_server.clock import Clock
from local_server.faults import Call
from local_server.functions import Invoker
from local_server.journal import Invocation, Journal
from local_server.template import FunctionName


class Recording:
    """Invokes by way of another invoker. Without a journal nothing is noted."""

    def __init__(self, functions: Invoker, clock: Clock, journal: Journal | None = None) -> None:
        self._functions = functions
        self._clock = clock
        self._journal = journal
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def invoke(
        self, name: FunctionName, event: Any, call: Call | None = None
    ) -> "asyncio.Future[str]":
        """Raises FunctionError."""
        self._running += 1
        self._idle.clear()
        outcome = asyncio.ensure_future(self._functions.invoke(name, event, call))
        outcome.add_done_callback(lambda ended: self._on_end(name, event, ended))
        return outcome

    async def settled(self, seconds: float) -> None:
        """Returns when nothing is running any more, or after so many seconds of the machine."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return

    def _on_end(self, name: FunctionName, event: Any, ended: "asyncio.Future[str]") -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()
        if self._journal is None or ended.cancelled():
            return
        error = ended.exception()
        answer = None if error else ended.result()
        reason = str(error) if error else None
        self._journal.add(Invocation(self._clock.now(), name, event, answer, reason))
