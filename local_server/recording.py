"""An invoker that knows what is running, and notes in the journal what went in and came out."""

import asyncio
import os
import time
from collections.abc import Awaitable
from typing import Any, NamedTuple, Protocol

from local_server.clock import Clock, Milliseconds
from local_server.errors import FunctionError
from local_server.faults import Call
from local_server.ids import RandomBytes, invocation_id
from local_server.journal import Began, Invocation, Journal, closed_journal
from local_server.template import FunctionName


class Runner(Protocol):
    """What runs handlers."""

    def invoke(
        self, name: FunctionName, event: Any, call: Call | None = None, request_id: str = ""
    ) -> Awaitable[str]:
        """As an Invoker does, under an id of the caller's choice."""


class Recording:
    """Invokes by way of what runs handlers. Without a journal nothing is noted."""

    def __init__(
        self,
        functions: Runner,
        clock: Clock,
        journal: Journal | None = None,
        random_bytes: RandomBytes = os.urandom,
    ) -> None:
        self._functions = functions
        self._clock = clock
        self._journal = closed_journal() if journal is None else journal
        self._random = random_bytes
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def invoke(
        self, name: FunctionName, event: Any, call: Call | None = None
    ) -> "asyncio.Future[str]":
        """Raises FunctionError."""
        self._running += 1
        self._idle.clear()
        request_id = invocation_id(self._random)
        began = time.perf_counter() if self._journal.is_open else None
        if self._journal.is_detailed:
            self._journal.add(Began(self._clock.now(), request_id, name, event))
        outcome = asyncio.ensure_future(self._functions.invoke(name, event, call, request_id))
        outcome.add_done_callback(self._on_end)
        if began is not None:
            run = _Run(name, event, request_id, began)
            outcome.add_done_callback(lambda ended: self._note_end(run, ended))
        return outcome

    async def settled(self, seconds: float) -> None:
        """Returns when nothing is running any more, or after so many seconds of the machine."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return

    def _on_end(self, _: "asyncio.Future[str]") -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()

    def _note_end(self, run: "_Run", ended: "asyncio.Future[str]") -> None:
        if self._journal.is_open and not ended.cancelled():
            self._journal.add(run.outcome(self._clock.now(), ended))


class _Run(NamedTuple):
    name: FunctionName
    event: Any
    request_id: str
    began: float

    def outcome(self, now: Milliseconds, ended: "asyncio.Future[str]") -> Invocation:
        error = ended.exception()
        answer = None if error else ended.result()
        reason = str(error) if error else None
        traceback = error.traceback if isinstance(error, FunctionError) else ""
        ms = (time.perf_counter() - self.began) * 1000
        return Invocation(
            now, self.name, self.event, answer, reason, self.request_id, ms, traceback
        )
