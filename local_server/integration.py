"""Calling a function for the gateway: the integration's own timeout, and the function runs on."""

from typing import Any

from local_server.clock import Clock
from local_server.errors import FunctionError
from local_server.functions import Invoker
from local_server.tasks import Tasks
from local_server.template import FunctionName


class IntegrationTimeout(Exception):
    """The gateway stops waiting; the function does not stop (Kludex/mangum#128)."""


class Integration:
    def __init__(self, functions: Invoker, tasks: Tasks, clock: Clock, timeout_s: float) -> None:
        self._functions = functions
        self._tasks = tasks
        self._clock = clock
        self._timeout_s = timeout_s

    async def invoke(self, function: FunctionName, event: Any) -> str:
        """The result's JSON text. Raises FunctionError, IntegrationTimeout."""
        task = self._tasks.start(self._outcome(function, event))
        if not await self._clock.wait(task, self._timeout_s):
            raise IntegrationTimeout
        if isinstance(outcome := task.result(), FunctionError):
            raise outcome
        return outcome

    async def _outcome(self, function: FunctionName, event: Any) -> str | FunctionError:
        """An error as a value: after a timeout nobody is left to catch it."""
        try:
            return await self._functions.invoke(function, event)
        except FunctionError as error:
            return error
