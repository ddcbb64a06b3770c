"""What is running, and what is noted of it."""

import asyncio
from typing import Any

import pytest

from local_server.clock import Clock
from local_server.errors import FunctionError, FunctionRaised
from local_server.faults import Call
from local_server.journal import Began, Invocation, Journal
from local_server.recording import Recording
from local_server.template import FunctionName

F = FunctionName("f")


class Invoker:
    """Answers once it is released."""

    def __init__(self, error: FunctionError | None = None) -> None:
        self.released = asyncio.Event()
        self.calls: list[Call | None] = []
        self.request_ids: list[str] = []
        self._error = error

    async def invoke(
        self, name: FunctionName, event: Any, call: Call | None = None, request_id: str = ""
    ) -> str:
        self.calls.append(call)
        self.request_ids.append(request_id)
        await self.released.wait()
        if self._error is not None:
            raise self._error
        return '"done"'


async def test_an_answer_is_passed_on_and_noted() -> None:
    invoker, journal = Invoker(), Journal()
    invoker.released.set()
    assert await Recording(invoker, Clock(), journal).invoke(F, {"a": 1}, Call("c")) == '"done"'
    (noted,) = journal.invocations
    assert (noted.function, noted.event, noted.answer, noted.error) == (F, {"a": 1}, '"done"', None)
    assert invoker.calls == [Call("c")]
    assert noted.request_id == invoker.request_ids[0]


async def test_the_beginning_is_noted_where_details_are_wanted() -> None:
    invoker, journal = Invoker(), Journal(is_detailed=True)
    invoker.released.set()
    await Recording(invoker, Clock(), journal).invoke(F, {"a": 1})
    began, ended = journal.entries
    assert isinstance(began, Began)
    assert isinstance(ended, Invocation)
    assert (began.function, began.event) == (F, {"a": 1})
    assert began.request_id == ended.request_id == invoker.request_ids[0]


async def test_nothing_is_noted_in_a_closed_journal() -> None:
    invoker, journal = Invoker(), Journal(is_open=False)
    invoker.released.set()
    await Recording(invoker, Clock(), journal).invoke(F, {"a": 1})
    assert not journal.entries


async def test_an_error_is_passed_on_and_noted() -> None:
    error = FunctionRaised("KeyError", "x", traceback="Traceback …")
    invoker, journal = Invoker(error), Journal()
    invoker.released.set()
    with pytest.raises(FunctionRaised):
        await Recording(invoker, Clock(), journal).invoke(F, 1)
    (noted,) = journal.invocations
    assert (noted.answer, noted.error, noted.traceback) == (None, "KeyError: x", "Traceback …")


async def test_it_settles_when_nothing_runs_any_more() -> None:
    invoker = Invoker()
    recording = Recording(invoker, Clock())
    await recording.settled(60)
    running = [asyncio.ensure_future(recording.invoke(F, 1)) for _ in range(2)]
    await asyncio.sleep(0)
    settling = asyncio.create_task(recording.settled(60))
    await asyncio.sleep(0)
    assert not settling.done()
    invoker.released.set()
    await settling
    assert all(task.done() for task in running)


async def test_it_does_not_wait_for_ever() -> None:
    invoker = Invoker()
    recording = Recording(invoker, Clock())
    running = asyncio.ensure_future(recording.invoke(F, 1))
    await asyncio.sleep(0)
    await recording.settled(0.001)
    assert not running.done()
    running.cancel()
