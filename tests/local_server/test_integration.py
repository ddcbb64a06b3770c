"""The gateway's own timeout."""

import asyncio
import os
from typing import Any

import pytest

from local_server.clock import Clock
from local_server.errors import FunctionError, FunctionRaised
from local_server.faults import Call
from local_server.integration import Integration, IntegrationTimeout
from local_server.shared import Shared
from local_server.tasks import Tasks
from local_server.template import FunctionName


class Invoker:
    """Answers once it is released."""

    def __init__(self, error: FunctionError | None = None) -> None:
        self.released = asyncio.Event()
        self.finished = asyncio.Event()
        self._error = error

    async def invoke(self, name: FunctionName, event: Any, call: Call | None = None) -> str:
        self.call = call
        await self.released.wait()
        self.finished.set()
        if self._error:
            raise self._error
        return f"{name}: {event}"


def shared(tasks: Tasks | None = None) -> Shared:
    return Shared(Clock(), os.urandom, tasks or Tasks())


async def test_the_result_is_passed_on() -> None:
    invoker = Invoker()
    invoker.released.set()
    integration = Integration(invoker, shared(), 5)
    assert await integration.invoke(FunctionName("f"), 7) == "f: 7"


async def test_the_call_that_faults_are_scoped_to_is_passed_on() -> None:
    invoker, call = Invoker(), Call(connection="c", route="r")
    invoker.released.set()
    await Integration(invoker, shared(), 5).invoke(FunctionName("f"), 7, call=call)
    assert invoker.call is call


async def test_an_error_is_passed_on() -> None:
    invoker = Invoker(FunctionRaised("ValueError", "x"))
    invoker.released.set()
    with pytest.raises(FunctionRaised):
        await Integration(invoker, shared(), 5).invoke(FunctionName("f"), 7)


@pytest.mark.parametrize(("gateways", "routes"), [(29, 0.01), (0.01, 29)])
async def test_the_shorter_timeout_counts__1_4_8(gateways: float, routes: float) -> None:
    invoker, tasks = Invoker(), Tasks()
    with pytest.raises(IntegrationTimeout):
        await Integration(invoker, shared(tasks), gateways).invoke(FunctionName("f"), 7, routes)
    invoker.released.set()
    await tasks.finish(5)


@pytest.mark.parametrize("error", [None, FunctionRaised("ValueError", "x")])
async def test_after_a_timeout_the_function_runs_on(error: FunctionError | None) -> None:
    invoker, tasks = Invoker(error), Tasks()
    with pytest.raises(IntegrationTimeout):
        await Integration(invoker, shared(tasks), 0.01).invoke(FunctionName("f"), 7)
    invoker.released.set()
    await asyncio.wait_for(invoker.finished.wait(), 30)
    await tasks.finish(5)
