"""The process that workers are forked from, as the emulator sees it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from local_server.errors import FunctionCrashed
from local_server.processes import Zygote
from local_server.worker_process import WorkerProcess
from tests.local_server.conftest import is_running

SETUP: dict[str, Any] = {
    "handler": "h.f",
    "environment": {},
    "context": {},
    "api_hosts": [],
    "ahead_ms": 0,
}


class Forking:
    """A zygote, and the workers that were forked from it."""

    def __init__(self) -> None:
        self.zygote = Zygote(preloaded=())
        self._workers: list[WorkerProcess] = []

    async def fork(self, setup: dict[str, Any]) -> int:
        worker = await self.zygote.fork(setup, lambda _: None)
        self._workers.append(worker)
        return worker.pid

    def stop(self) -> None:
        self.zygote.stop()
        for worker in self._workers:
            worker.kill()


@pytest.fixture
async def forking() -> AsyncIterator[Forking]:
    started = Forking()
    yield started
    started.stop()


@pytest.fixture
def setup(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "h.py").write_text("def f(event, context):\n    return 1\n")
    return SETUP | {"root": str(tmp_path)}


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
    forking.zygote.stop()
    with pytest.raises(FunctionCrashed, match="no process to fork from"):
        await forking.fork(setup)


async def test_its_end_is_the_end_of_every_worker(forking: Forking, setup: dict[str, Any]) -> None:
    pid = await forking.fork(setup)
    forking.zygote.stop()
    async with asyncio.timeout(5):
        while is_running(pid):
            await asyncio.sleep(0.005)


async def test_who_stops_waiting_leaves_no_worker_behind(
    forking: Forking, setup: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "h.py").write_text(
        "import os, pathlib, time\n"
        "pathlib.Path('pid').write_text(str(os.getpid()))\n"
        "time.sleep(60)\n"
    )
    waiting = asyncio.ensure_future(forking.fork(setup))
    async with asyncio.timeout(5):
        while not ((file := tmp_path / "pid").exists() and file.read_text()):
            await asyncio.sleep(0.005)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(5):
        while is_running(int(file.read_text())):
            await asyncio.sleep(0.005)
