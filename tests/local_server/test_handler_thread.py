"""The thread in which handlers of this process run."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from local_server.handler_thread import HandlerThread


@pytest.fixture
def thread() -> Iterator[HandlerThread[object]]:
    started: HandlerThread[object] = HandlerThread()
    yield started
    started.stop()


async def test_work_is_done_in_one_thread_that_is_not_the_callers(
    thread: HandlerThread[object],
) -> None:
    first = await thread.run(threading.get_ident)
    assert first == await thread.run(threading.get_ident) != threading.get_ident()


async def test_it_knows_its_own_thread(thread: HandlerThread[object]) -> None:
    assert await thread.run(lambda: thread.is_current)
    assert not thread.is_current


async def test_it_has_an_event_loop_as_a_main_thread_has(thread: HandlerThread[object]) -> None:
    def work() -> object:
        return asyncio.get_event_loop().run_until_complete(asyncio.sleep(0, "slept"))

    assert await thread.run(work) == "slept"


async def test_who_stops_waiting_does_not_stop_the_next(thread: HandlerThread[object]) -> None:
    begun, go = threading.Event(), threading.Event()

    def work() -> object:
        begun.set()
        return go.wait()

    given_up = thread.run(work)
    await asyncio.to_thread(begun.wait)
    given_up.cancel()
    go.set()
    assert await thread.run(lambda: "next") == "next"
