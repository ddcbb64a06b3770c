"""The emulator's clock in handlers: worker processes, and the emulator's own."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import jwt
import pytest

from local_server.clock import Clock
from local_server.faults import Fault, FaultKind, Faults
from local_server.template import Template
from tests.local_server import test_in_process
from tests.local_server.services import F, answer_of, running, service_of, until_file

HOUR_S = 3600
KEY = "a-key-for-tests-of-at-least-32-bytes"

TELLING = """
import os, sys, time
from datetime import UTC, datetime
imported = time.time()
def f(event, context):
    return {
        "time": time.time(),
        "ns": time.time_ns() / 1e9,
        "datetime": datetime.now(UTC).timestamp(),
        "monotonic": time.monotonic(),
        "remaining": context.get_remaining_time_in_millis(),
        "imported": imported,
        "travelling": "time_machine" in sys.modules,
        "pid": os.getpid(),
    }
"""

Start = Callable[..., AbstractAsyncContextManager[Any]]
both_modes = pytest.mark.parametrize(
    "start", [running, test_in_process.running], ids=["workers", "in-process"]
)


async def ask(functions: Any, event: Any = None) -> Any:
    return await answer_of(functions, event)


def near(moment: float) -> Any:
    return pytest.approx(moment, abs=5)


@both_modes
async def test_a_handler_tells_the_emulators_time(start: Start, tmp_path: Path) -> None:
    clock = Clock()
    async with start(service_of(tmp_path, TELLING), clock=clock) as functions:
        before = await ask(functions)
        for _ in range(2):
            clock.advance(HOUR_S)
            now = await ask(functions)
            assert [now[name] for name in ("time", "ns", "datetime")] == [
                near(clock.now() / 1000)
            ] * 3
    assert now["time"] - before["time"] == near(2 * HOUR_S)


@both_modes
async def test_what_measures_time_and_the_deadline_are_not_moved(
    start: Start, tmp_path: Path
) -> None:
    clock = Clock()
    async with start(service_of(tmp_path, TELLING), clock=clock) as functions:
        before = await ask(functions)
        clock.advance(HOUR_S)
        now = await ask(functions)
    assert now["monotonic"] == near(before["monotonic"])
    assert 4000 < now["remaining"] <= 5000


@both_modes
async def test_a_token_expires_with_the_clock(start: Start, tmp_path: Path) -> None:
    clock = Clock()
    code = (
        "import jwt\n"
        "def f(event, context):\n"
        "    try:\n"
        f"        return jwt.decode(event, {KEY!r}, ['HS256'])['sub']\n"
        "    except jwt.ExpiredSignatureError:\n"
        "        return 'expired'\n"
    )
    token = jwt.encode({"sub": "alice", "exp": clock.now() // 1000 + HOUR_S}, KEY, "HS256")
    async with start(service_of(tmp_path, code), clock=clock) as functions:
        clock.advance(HOUR_S - 60)
        assert await ask(functions, token) == "alice"
        clock.advance(61)
        assert await ask(functions, token) == "expired"


@both_modes
async def test_after_a_change_of_the_code_it_is_as_late(start: Start, tmp_path: Path) -> None:
    clock = Clock()
    async with start(service_of(tmp_path, TELLING), clock=clock) as functions:
        await ask(functions)
        clock.advance(HOUR_S)
        assert await functions.reload()
        now = await ask(functions)
    assert now["time"] == near(clock.now() / 1000)
    assert now["imported"] == near(now["time"])


async def test_a_new_worker_and_a_warm_one_agree(tmp_path: Path) -> None:
    clock, faults = Clock(), Faults()
    async with running(service_of(tmp_path, TELLING), clock=clock, faults=faults) as functions:
        await ask(functions)
        clock.advance(HOUR_S)
        warm = await ask(functions)
        faults.add(Fault(FaultKind.COLD_START, times=1))
        new = await ask(functions)
    assert new["pid"] != warm["pid"]
    assert new["time"] == pytest.approx(warm["time"], abs=1)
    # It was imported at that time too.
    assert new["imported"] == near(new["time"])


async def test_while_nothing_is_advanced_nothing_is_imported_for_it(tmp_path: Path) -> None:
    clock = Clock()
    async with running(service_of(tmp_path, TELLING), clock=clock) as functions:
        assert not (await ask(functions))["travelling"]
        clock.advance(1)
        assert (await ask(functions))["travelling"]


async def test_for_a_handler_at_work_no_time_passes(tmp_path: Path) -> None:
    clock = Clock()
    async with running(waiting(tmp_path), clock=clock) as functions:
        passing = asyncio.ensure_future(answer_of(functions))
        await until_file(tmp_path / "up")
        clock.advance(30)
        (tmp_path / "go").write_text("now")
        assert await passing < 20


def waiting(folder: Path) -> Template:
    code = (
        "import pathlib, time\n"
        "def f(event, context):\n"
        "    began = time.time()\n"
        "    pathlib.Path('up').write_text('up')\n"
        "    while not pathlib.Path('go').exists():\n"
        "        time.sleep(0.005)\n"
        "    return time.time() - began\n"
    )
    return service_of(folder, code, "timeout: 60")


async def test_in_the_emulators_process_the_time_is_the_machines_between_events(
    tmp_path: Path,
) -> None:
    clock = Clock()
    clock.advance(HOUR_S)
    async with test_in_process.running(waiting(tmp_path), clock=clock) as functions:
        passing = asyncio.ensure_future(functions.invoke(F, None))
        await until_file(tmp_path / "up")
        # The clock itself is not moved twice while a handler runs.
        ahead_s = clock.now() / 1000 - os.stat(tmp_path / "up").st_mtime
        (tmp_path / "go").write_text("now")
        await passing
        assert ahead_s == near(HOUR_S)
        assert clock.now() - clock.ahead_ms == clock.machine_now()
