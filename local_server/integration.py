"""Calling a function for the gateway: the integration's own timeout, and the function runs on."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from local_server.deadlines import Deadlines
from local_server.errors import FunctionForbidden
from local_server.faults import Call, FaultKind
from local_server.functions import Invoker
from local_server.responses import Malformed
from local_server.shared import Shared
from local_server.template import FunctionName


def log_malformed(log: logging.Logger, route: str, target: str, reason: Malformed) -> None:
    """The client is not told why; who wrote the function wants to know."""
    log.warning("%s -> %s: the result is malformed: %s", route, target, reason)


class IntegrationTimeout(Exception):
    """The gateway stops waiting; the function does not stop (Kludex/mangum#128)."""


class Integration:
    def __init__(self, functions: Invoker, shared: Shared, timeout_s: float) -> None:
        self._functions = functions
        self._clock = shared.clock
        self._faults = shared.faults
        self._timeout_s = timeout_s
        self._running: set[asyncio.Future[str]] = set()
        self._deadlines: dict[float, Deadlines] = {}

    async def invoke(
        self,
        function: FunctionName,
        event: Any,
        timeout_s: float | None = None,
        call: Call | None = None,
    ) -> str:
        """The result's JSON text; `timeout_s` is a route's own.

        Raises FunctionError, IntegrationTimeout.
        """
        if self._faults.strike(FaultKind.FUNCTION_FORBIDDEN, call or Call(function=function)):
            raise FunctionForbidden("AccessDeniedException", "no lambda:InvokeFunction")
        running = self._started(self._functions.invoke(function, event, call))
        if not await self._deadlines_of(timeout_s).wait(running):
            raise IntegrationTimeout
        return running.result()

    def _started(self, work: Awaitable[str]) -> "asyncio.Future[str]":
        """Kept until it ends, and heard even if nobody waits any more."""
        running = asyncio.ensure_future(work)
        self._running.add(running)
        running.add_done_callback(self._ended)
        return running

    def _ended(self, running: "asyncio.Future[str]") -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()

    def _deadlines_of(self, timeout_s: float | None) -> Deadlines:
        seconds = min(timeout_s or self._timeout_s, self._timeout_s)
        if seconds not in self._deadlines:
            self._deadlines[seconds] = Deadlines(self._clock, seconds)
        return self._deadlines[seconds]
