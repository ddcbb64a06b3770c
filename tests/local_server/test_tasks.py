"""Work that nobody waits for."""

import asyncio

import pytest

from local_server.tasks import Tasks


async def test_finish_waits_for_what_ends_by_itself() -> None:
    tasks, done = Tasks(), asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        done.set()

    tasks.start(work())
    await tasks.finish(5)
    assert done.is_set()


async def test_finish_waits_for_what_they_start_as_well() -> None:
    tasks, done = Tasks(), asyncio.Event()

    async def second() -> None:
        done.set()

    async def first() -> None:
        await asyncio.sleep(0)
        tasks.start(second())

    tasks.start(first())
    await tasks.finish(5)
    assert done.is_set()


async def test_finish_cancels_what_does_not() -> None:
    tasks = Tasks()
    task = tasks.start(asyncio.Event().wait())
    await tasks.finish(0)
    assert task.cancelled()


async def test_a_failure_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()

    async def fail() -> None:
        raise ValueError("a bug")

    tasks.start(fail())
    await tasks.finish(5)
    assert "a background task failed" in caplog.text
