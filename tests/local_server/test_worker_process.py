"""The emulator's end of one worker: what is frozen, and what is not."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from local_server.faults import Fault, FaultKind, Faults
from tests.local_server.conftest import is_running
from tests.local_server.services import answer_of, running, service_of

# A thread of the handler's counts as fast as it can; the handler says how far it has come.
COUNTING_THREAD = """
import os, threading, time
count = 0
def go():
    global count
    while True:
        count += 1
        time.sleep(0)
def f(event, context):
    if not threading.active_count() > 1:
        threading.Thread(target=go, daemon=True).start()
    start = count
    while event.get("until") and count < start + event["until"]:
        time.sleep(0)
    return {"pid": os.getpid(), "start": start, "end": count}
"""


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


async def until_stopped(pid: int) -> None:
    async with asyncio.timeout(30):
        while state(pid) != "T":
            await asyncio.sleep(0.001)


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
async def test_a_thread_makes_no_progress_between_two_events(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, COUNTING_THREAD), freezes=True) as functions:
        first = await answer_of(functions, {"until": 1})
        await until_stopped(first["pid"])
        used = cpu_ticks(first["pid"])
        other = await answer_of(functions, {})
        assert other["pid"] == first["pid"]
        # It runs in the event, and only there.
        second = await answer_of(functions, {"until": 1000})
        await until_stopped(first["pid"])
        stopped_at = cpu_ticks(first["pid"])
        # As long as it would take a running one to count on.
        await asyncio.gather(*(asyncio.to_thread(sum, range(1_000_000)) for _ in range(20)))
        assert cpu_ticks(first["pid"]) == stopped_at >= used
    assert second["end"] >= second["start"] + 1000


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="cannot know of children")
async def test_a_child_makes_no_progress_either(tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'while True: pass'])\n"
        "def f(event, context):\n    return [os.getpid(), child.pid]\n"
    )
    async with running(service_of(tmp_path, code), freezes=True) as functions:
        for pid in await answer_of(functions):
            await until_stopped(pid)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
async def test_one_that_is_alone_is_left_to_wait(tmp_path: Path) -> None:
    code = "import os\ndef f(event, context):\n    return os.getpid()\n"
    async with running(service_of(tmp_path, code), freezes=True) as functions:
        pid = await answer_of(functions)
        assert await answer_of(functions) == pid
        async with asyncio.timeout(30):
            while state(pid) != "S":
                await asyncio.sleep(0.001)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
async def test_without_freezing_threads_go_on(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, COUNTING_THREAD), freezes=False) as functions:
        first = await answer_of(functions, {})
        used = cpu_ticks(first["pid"])
        async with asyncio.timeout(30):
            while cpu_ticks(first["pid"]) <= used:
                await asyncio.sleep(0.01)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
async def test_a_frozen_worker_can_be_killed(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, COUNTING_THREAD), freezes=True) as functions:
        pid = (await answer_of(functions, {}))["pid"]
        await until_stopped(pid)
    async with asyncio.timeout(30):
        while is_running(pid):
            await asyncio.sleep(0.005)


async def test_a_frozen_worker_takes_a_large_event(tmp_path: Path) -> None:
    code = (
        "import threading\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "def f(event, context):\n    return len(event)\n"
    )
    async with running(service_of(tmp_path, code), freezes=True) as functions:
        for _ in range(2):
            assert await answer_of(functions, "x" * 5_000_000) == 5_000_000


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
async def test_a_candidate_that_waits_for_its_first_event_is_frozen_too(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, COUNTING_THREAD), freezes=True) as functions:
        await answer_of(functions, {})
        (tmp_path / "a.py").write_text(
            "import os, pathlib, threading\n"
            "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
            "pathlib.Path('pid').write_text(str(os.getpid()))\n"
            "def f(event, context):\n    return os.getpid()\n"
        )
        await functions.reload()
        candidate = int((tmp_path / "pid").read_text())
        await until_stopped(candidate)
        assert await answer_of(functions, {}) == candidate


async def test_answers_do_not_get_mixed_up_when_workers_are_killed(tmp_path: Path) -> None:
    faults = Faults(seed=1)
    faults.add(Fault(FaultKind.WORKER_KILLED, probability=0.5))
    code = "def f(event, context):\n    return event\n"
    async with running(service_of(tmp_path, code), faults=faults, freezes=True) as functions:

        async def asked(number: int) -> Any:
            try:
                return json.loads(await functions.invoke(next(iter(names)), number))
            except Exception:  # noqa: BLE001 - killed
                return None

        names = service_of(tmp_path, code).functions
        answers = await asyncio.gather(*(asked(number) for number in range(30)))
    assert {None, *range(30)} >= set(answers)
    assert all(answer in (None, number) for number, answer in enumerate(answers))
    assert None in answers
    assert len(set(answers)) > 1
