"""Lambda's asynchronous invocation."""

import asyncio
import logging

import pytest

from local_server.journal import Batch
from local_server.sources.asynchronous import Delivery
from local_server.tasks import Tasks
from local_server.template import Asynchronous
from tests.local_server.sources.fakes import RAISED, F, Functions, ImpatientClock, shared


async def deliver(functions: Functions, settings: Asynchronous | None = None) -> list[float]:
    """What was waited in between."""
    clock = ImpatientClock()
    delivery = Delivery(F, settings or Asynchronous(), {"n": 1})
    await delivery.run(functions, shared(clock))
    return clock.slept


async def test_what_succeeds_is_not_tried_again() -> None:
    functions = Functions("anything")
    assert await deliver(functions) == []
    assert functions.events == [{"n": 1}]


async def test_what_fails_is_tried_after_one_minute_and_after_two() -> None:
    functions = Functions(RAISED, RAISED, None)
    assert await deliver(functions) == [60, 120]
    assert functions.events == [{"n": 1}] * 3


async def test_each_attempt_is_noted() -> None:
    parts = shared(ImpatientClock())
    await Delivery(F, Asynchronous(), {}).run(Functions(RAISED, None), parts)
    noted = [one for one in parts.journal.entries if isinstance(one, Batch)]
    assert [(one.source, one.function, one.size, one.done) for one in noted] == [
        ("schedule", F, 1, 0),
        ("schedule", F, 1, 1),
    ]


async def test_what_fails_three_times_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    functions = Functions(RAISED)
    with caplog.at_level(logging.INFO, "local_server"):
        assert await deliver(functions) == [60, 120]
    assert len(functions.events) == 3
    assert caplog.messages == ["f: an event is given up after 3 attempts"]


async def test_a_function_may_want_no_second_attempt() -> None:
    functions = Functions(RAISED)
    assert await deliver(functions, Asynchronous(retries=0)) == []
    assert len(functions.events) == 1


async def test_an_event_that_is_too_old_is_given_up() -> None:
    functions = Functions(RAISED)
    assert await deliver(functions, Asynchronous(max_age_s=60)) == [60]
    assert len(functions.events) == 1


async def test_an_invocation_goes_on_when_nobody_waits_for_it_any_more() -> None:
    functions, tasks = Functions(), Tasks()
    functions.released.clear()
    delivery = Delivery(F, Asynchronous(), {})
    waiting = asyncio.ensure_future(delivery.run(functions, shared(tasks=tasks)))
    await functions.until(1)
    assert not delivery.tried.is_set()
    waiting.cancel()
    await asyncio.wait({waiting})
    functions.released.set()
    await tasks.finish(5)
    assert functions.done == 1
