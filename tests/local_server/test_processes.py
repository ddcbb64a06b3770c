"""The process that workers are forked from, as the emulator sees it."""

import asyncio
import gc
import os
import signal
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from local_server.errors import FunctionCrashed
from local_server.processes import Zygote
from tests.local_server.conftest import is_running
from tests.local_server.services import until_file

SETUP: dict[str, Any] = {
    "handler": "h.f",
    "environment": {},
    "context": {},
    "api_hosts": [],
    "ahead_ms": 0,
}
# Says who it is, and does not come to an end.
LOADING = """
import os, pathlib, time
pathlib.Path("pid").write_text(str(os.getpid()))
time.sleep(60)
"""


class Forking:
    """A zygote, and the pids of what is forked from it."""

    def __init__(self) -> None:
        self.zygote = Zygote(preloaded=())

    async def fork(self, setup: dict[str, Any]) -> int:
        return (await self.zygote.fork(setup, lambda _: None)).pid


@pytest.fixture
async def forking() -> AsyncIterator[Forking]:
    started = Forking()
    yield started
    await started.zygote.stop()


@pytest.fixture
def setup(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "h.py").write_text("def f(event, context):\n    return 1\n")
    return SETUP | {"root": str(tmp_path)}


async def until_ended(pid: int) -> None:
    async with asyncio.timeout(30):
        while is_running(pid):
            await asyncio.sleep(0.005)


async def test_many_are_forked_at_once(forking: Forking, setup: dict[str, Any]) -> None:
    pids = await asyncio.gather(*(forking.fork(setup) for _ in range(50)))
    assert len(set(pids)) == 50


async def test_one_that_has_ended_is_started_anew(forking: Forking, setup: dict[str, Any]) -> None:
    first = forking.zygote.pid
    await forking.fork(setup)
    os.kill(first, signal.SIGKILL)
    pids = await asyncio.gather(*(forking.fork(setup) for _ in range(3)))
    assert forking.zygote.pid != first
    assert all(is_running(pid) for pid in pids)


async def test_nothing_is_forked_once_it_was_stopped(
    forking: Forking, setup: dict[str, Any]
) -> None:
    await forking.zygote.stop()
    with pytest.raises(FunctionCrashed, match="no process to fork from"):
        await forking.fork(setup)


async def test_its_end_is_the_end_of_every_worker(forking: Forking, setup: dict[str, Any]) -> None:
    pid = await forking.fork(setup)
    await forking.zygote.stop()
    await until_ended(pid)


async def test_who_waits_for_a_worker_when_it_ends_is_told(
    forking: Forking, setup: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "h.py").write_text(LOADING)
    waiting = asyncio.ensure_future(forking.fork(setup))
    pid = int(await until_file(tmp_path / "pid"))
    await forking.zygote.stop()
    with pytest.raises(FunctionCrashed):
        await waiting
    await until_ended(pid)


def test_once_it_has_stopped_every_channel_is_closed(setup: dict[str, Any]) -> None:
    async def fork_and_stop() -> None:
        zygote = Zygote(preloaded=())
        await asyncio.gather(*(zygote.fork(setup, print) for _ in range(4)))
        forks = [asyncio.ensure_future(zygote.fork(setup, print)) for _ in range(4)]
        await asyncio.wait(forks, return_when=asyncio.FIRST_COMPLETED)
        await zygote.stop()

    with warnings.catch_warnings(record=True) as unclosed:
        warnings.simplefilter("always", ResourceWarning)
        # The loop ends at once: what it has not closed by then stays open.
        asyncio.run(fork_and_stop())
        gc.collect()
    assert [str(one.message) for one in unclosed] == []


async def test_who_stops_waiting_leaves_no_worker_behind(
    forking: Forking, setup: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "h.py").write_text(LOADING)
    waiting = asyncio.ensure_future(forking.fork(setup))
    pid = int(await until_file(tmp_path / "pid"))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await until_ended(pid)
