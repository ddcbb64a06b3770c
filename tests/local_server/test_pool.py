"""The sandboxes of one function: reuse, bounds, new code, idleness, faults."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from local_server.clock import Clock
from local_server.errors import FunctionCrashed, FunctionRaised, FunctionThrottled
from local_server.faults import Call, Fault, FaultKind, Faults
from local_server.functions import Functions
from local_server.runtime import IDLE_S
from tests.local_server.conftest import is_running
from tests.local_server.services import COUNTING, F, answer_of, running, service_of, until_file

# Ends when the file that the event names is there.
WAITING = """
import os, pathlib, time
def f(event, context):
    pathlib.Path(event["name"] + ".up").write_text("up")
    while not pathlib.Path(event["name"]).exists():
        time.sleep(0.005)
    return os.getpid()
"""


async def until_ended(pid: int) -> None:
    async with asyncio.timeout(30):
        while is_running(pid):
            await asyncio.sleep(0.005)


async def at_work(functions: Functions, folder: Path, name: str) -> "asyncio.Future[Any]":
    """An event in work until the file `name` is there."""
    answer = asyncio.ensure_future(answer_of(functions, {"name": name}))
    await until_file(folder / f"{name}.up")
    return answer


# Reuse and bounds


async def test_a_worker_is_reused(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, COUNTING)) as functions:
        first, second = await answer_of(functions), await answer_of(functions)
    assert first["pid"] == second["pid"]
    assert (first["count"], second["count"]) == (1, 2)


async def test_events_at_the_same_time_have_workers_of_their_own_up_to_a_bound(
    tmp_path: Path,
) -> None:
    async with running(service_of(tmp_path, WAITING), workers=2) as functions:
        first = await at_work(functions, tmp_path, "first")
        second = await at_work(functions, tmp_path, "second")
        (tmp_path / "third").write_text("now")
        third = asyncio.ensure_future(answer_of(functions, {"name": "third"}))
        (tmp_path / "first").write_text("now")
        assert await third == await first
        (tmp_path / "second").write_text("now")
        assert await second != await first


async def test_who_is_free_first_takes_the_next_event(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, COUNTING)) as functions:
        shown = await asyncio.gather(*(answer_of(functions) for _ in range(50)))
    assert len({one["pid"] for one in shown}) < 50


async def test_a_burst_is_handled_all_at_once(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, WAITING)) as functions:
        answers = [asyncio.ensure_future(answer_of(functions, {"name": "go"})) for _ in range(20)]
        await until_file(tmp_path / "go.up")
        (tmp_path / "go").write_text("now")
        pids = await asyncio.gather(*answers)
    assert len(set(pids)) > 1


async def test_beyond_the_reserved_concurrency_events_are_throttled(tmp_path: Path) -> None:
    template = service_of(tmp_path, WAITING, "reservedConcurrency: 1")
    async with running(template) as functions:
        first = await at_work(functions, tmp_path, "go")
        with pytest.raises(FunctionThrottled, match=r"TooManyRequestsException: Rate Exceeded\."):
            await functions.invoke(F, {"name": "go"})
        (tmp_path / "go").write_text("now")
        assert await first == await answer_of(functions, {"name": "go"})


async def test_a_reserved_concurrency_of_zero_throttles_everything(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, COUNTING, "reservedConcurrency: 0")) as functions:
        with pytest.raises(FunctionThrottled):
            await functions.invoke(F, {})


async def test_an_idle_worker_that_was_killed_is_replaced(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, COUNTING)) as functions:
        first = (await answer_of(functions))["pid"]
        os.kill(first, signal.SIGKILL)
        second = await eventually_another(functions)
    assert second != first


async def eventually_another(functions: Functions) -> int:
    """The call that meets the dying worker may itself fail; the next one does not."""
    try:
        return int((await answer_of(functions))["pid"])
    except FunctionCrashed:
        return int((await answer_of(functions))["pid"])


async def test_idle_workers_end_after_a_while(tmp_path: Path) -> None:
    clock = Clock()
    async with running(service_of(tmp_path, COUNTING), clock=clock) as functions:
        first = await answer_of(functions)
        clock.advance(IDLE_S)
        await until_ended(first["pid"])
        assert (await answer_of(functions))["count"] == 1


async def test_a_worker_that_was_just_used_is_not_idle(tmp_path: Path) -> None:
    clock = Clock()
    async with running(service_of(tmp_path, COUNTING), clock=clock) as functions:
        first = await answer_of(functions)
        clock.advance(IDLE_S - 1)
        assert (await answer_of(functions))["pid"] == first["pid"]
        clock.advance(2)
        await asyncio.sleep(0)
        assert (await answer_of(functions))["count"] == 3
        clock.advance(IDLE_S)
        await until_ended(first["pid"])


# New code


def version(number: int) -> str:
    return f"import os\ndef f(event, context):\n    return [{number}, os.getpid()]\n"


async def test_the_next_event_runs_the_new_code(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, version(1))) as functions:
        _, old = await answer_of(functions)
        (tmp_path / "a.py").write_text(version(22))
        await functions.reload()
        assert (await answer_of(functions))[0] == 22
        await until_ended(old)


async def test_a_function_that_was_never_invoked_starts_with_the_new_code(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, version(1))) as functions:
        (tmp_path / "a.py").write_text(version(22))
        await functions.reload()
        assert (await answer_of(functions))[0] == 22


async def test_broken_code_leaves_the_old_one_serving(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, COUNTING)) as functions:
        await answer_of(functions)
        (tmp_path / "a.py").write_text("import missing\n")
        await functions.reload()
        assert (await answer_of(functions))["count"] == 2
        (tmp_path / "a.py").write_text(version(3))
        await functions.reload()
        assert (await answer_of(functions))[0] == 3


async def test_while_the_code_is_broken_events_wait_for_an_old_worker(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, WAITING)) as functions:
        first = await at_work(functions, tmp_path, "one")
        (tmp_path / "a.py").write_text("import missing\n")
        await functions.reload()
        second = asyncio.ensure_future(answer_of(functions, {"name": "one"}))
        (tmp_path / "one").write_text("now")
        assert await first == await second


async def test_broken_code_is_an_error_once_no_old_worker_is_left(tmp_path: Path) -> None:
    clock = Clock()
    async with running(service_of(tmp_path, COUNTING), clock=clock) as functions:
        await answer_of(functions)
        (tmp_path / "a.py").write_text("import missing\n")
        await functions.reload()
        clock.advance(IDLE_S)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(FunctionRaised, match="ImportModuleError"):
            await answer_of(functions)


async def test_a_busy_worker_finishes_with_the_old_code(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, WAITING)) as functions:
        old = await at_work(functions, tmp_path, "go")
        (tmp_path / "a.py").write_text(version(22))
        await functions.reload()
        assert (await answer_of(functions))[0] == 22
        (tmp_path / "go").write_text("now")
        pid = await old
        await until_ended(pid)
        assert (await answer_of(functions))[0] == 22


async def test_of_two_changes_the_last_one_counts(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, version(1))) as functions:
        await answer_of(functions)
        (tmp_path / "a.py").write_text("import missing\n")
        first = asyncio.ensure_future(functions.reload())
        await asyncio.sleep(0)
        (tmp_path / "a.py").write_text(version(333))
        await asyncio.gather(first, functions.reload())
        assert (await answer_of(functions))[0] == 333


# Faults


async def test_a_cold_start_leaves_the_warm_worker_for_later(tmp_path: Path) -> None:
    faults = Faults()
    async with running(service_of(tmp_path, COUNTING), faults=faults) as functions:
        warm = await answer_of(functions)
        faults.add(Fault(FaultKind.COLD_START, times=1))
        cold = await answer_of(functions)
        both = await asyncio.gather(answer_of(functions), answer_of(functions))
    assert cold["pid"] != warm["pid"]
    assert {one["pid"] for one in both} == {cold["pid"], warm["pid"]}


async def test_a_throttled_function_is_not_invoked(tmp_path: Path) -> None:
    faults = Faults()
    faults.add(Fault(FaultKind.FUNCTION_THROTTLED, times=1))
    async with running(service_of(tmp_path, COUNTING), faults=faults) as functions:
        with pytest.raises(FunctionThrottled):
            await answer_of(functions)
        assert (await answer_of(functions))["count"] == 1


async def test_a_killed_worker_is_a_crash_in_lambdas_words(tmp_path: Path) -> None:
    faults = Faults()
    async with running(service_of(tmp_path, COUNTING), faults=faults) as functions:
        warm = await answer_of(functions)
        faults.add(Fault(FaultKind.WORKER_KILLED, times=1))
        with pytest.raises(FunctionCrashed, match=r"Runtime\.ExitError.*signal: killed"):
            await answer_of(functions)
        await until_ended(warm["pid"])
        assert (await answer_of(functions))["count"] == 1


async def test_a_worker_may_be_killed_in_the_middle(tmp_path: Path) -> None:
    faults, clock = Faults(), Clock()
    faults.add(Fault(FaultKind.WORKER_KILLED, delay_ms=60_000, times=1))
    template = service_of(tmp_path, WAITING, "timeout: 600")
    async with running(template, faults=faults, clock=clock) as functions:
        answer = await at_work(functions, tmp_path, "never")
        clock.advance(60)
        with pytest.raises(FunctionCrashed, match="signal: killed"):
            await answer


async def test_a_fault_is_scoped_to_what_the_call_names(tmp_path: Path) -> None:
    faults = Faults()
    faults.add(Fault(FaultKind.FUNCTION_THROTTLED, route="other", function="f"))
    async with running(service_of(tmp_path, COUNTING), faults=faults) as functions:
        assert json.loads(await functions.invoke(F, {}, Call(route="this")))["count"] == 1
        with pytest.raises(FunctionThrottled):
            await functions.invoke(F, {}, Call(route="other"))
