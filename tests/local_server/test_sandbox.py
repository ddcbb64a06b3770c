"""One sandbox: what ends it, and what of its answer counts."""

import asyncio
from pathlib import Path

import pytest

from local_server.clock import Clock
from local_server.errors import FunctionCrashed, FunctionRaised, FunctionTimedOut
from local_server.sandbox import INIT_TIMEOUT_S
from local_server.worker_process import RESULT_BYTES
from tests.local_server.conftest import is_running
from tests.local_server.services import F, answer_of, running, service_of, until_file

SLEEPING = """
import os, pathlib, time
def f(event, context):
    if event:
        return os.getpid()
    pathlib.Path("pid").write_text(str(os.getpid()))
    time.sleep(600)
"""


async def test_a_timeout_of_the_clock_kills_the_worker(tmp_path: Path) -> None:
    clock = Clock()
    async with running(service_of(tmp_path, SLEEPING, "timeout: 60"), clock=clock) as functions:
        answer = asyncio.ensure_future(answer_of(functions))
        pid = int(await until_file(tmp_path / "pid"))
        clock.advance(60)
        with pytest.raises(FunctionTimedOut, match=r"Task timed out after 60\.00 seconds"):
            await answer
        assert await answer_of(functions, "again") != pid


async def test_a_handler_that_prints_without_end_times_out(tmp_path: Path) -> None:
    code = "def f(event, context):\n    while True:\n        print('x' * 200)\n"
    async with running(service_of(tmp_path, code, "timeout: 1")) as functions:
        with pytest.raises(FunctionTimedOut):
            await functions.invoke(F, {})


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
async def test_a_timeout_kills_what_the_handler_has_started_too(tmp_path: Path) -> None:
    clock = Clock()
    code = (
        "import pathlib, subprocess, sys\n"
        "def f(event, context):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "    pathlib.Path('pid').write_text(str(child.pid))\n"
        "    child.wait()\n"
    )
    async with running(service_of(tmp_path, code), clock=clock) as functions:
        answer = asyncio.ensure_future(functions.invoke(F, {}))
        child = int(await until_file(tmp_path / "pid"))
        clock.advance(5)
        with pytest.raises(FunctionTimedOut):
            await answer
        async with asyncio.timeout(30):
            while is_running(child):
                await asyncio.sleep(0.01)


async def test_what_is_in_work_at_the_end_is_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(service_of(tmp_path, SLEEPING, "timeout: 60")) as functions:
        answer = asyncio.ensure_future(answer_of(functions))
        await until_file(tmp_path / "pid")
    with pytest.raises(asyncio.CancelledError):
        await answer
    assert not caplog.records


async def test_an_import_has_a_time_of_its_own(tmp_path: Path) -> None:
    clock = Clock()
    code = "import pathlib, time\npathlib.Path('up').write_text('up')\ntime.sleep(600)\n"
    async with running(service_of(tmp_path, code, "timeout: 1"), clock=clock) as functions:
        answer = asyncio.ensure_future(functions.invoke(F, {}))
        await until_file(tmp_path / "up")
        clock.advance(INIT_TIMEOUT_S)
        with pytest.raises(FunctionTimedOut, match=r"10\.00 seconds"):
            await answer


@pytest.mark.parametrize(
    ("leave", "words"),
    [
        ("os._exit(3)", "Runtime exited without providing a reason"),
        ("sys.exit()", "Runtime exited without providing a reason"),
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit('bye')", "Runtime exited with error: exit status 1"),
        ("signal.raise_signal(signal.SIGKILL)", "Runtime exited without providing a reason"),
    ],
)
async def test_a_worker_that_ends_is_a_crash_and_is_replaced(
    tmp_path: Path, leave: str, words: str
) -> None:
    code = f"import os, signal, sys\ndef f(event, context):\n    return event['stay'] or {leave}\n"
    async with running(service_of(tmp_path, code)) as functions:
        with pytest.raises(FunctionCrashed) as error:
            await functions.invoke(F, {"stay": ""})
        assert str(error.value) == f"Runtime.ExitError: {words}"
        assert await answer_of(functions, {"stay": "here"}) == "here"


async def test_leaving_during_the_import_is_a_crash(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, "raise SystemExit(4)\n")) as functions:
        for _ in range(2):
            with pytest.raises(FunctionCrashed, match="exit status 4"):
                await functions.invoke(F, {})


async def test_after_an_exception_the_worker_lives_on(tmp_path: Path) -> None:
    code = "import os\ndef f(event, context):\n    raise ValueError(os.getpid())\n"
    async with running(service_of(tmp_path, code)) as functions:
        pids = set()
        for _ in range(2):
            with pytest.raises(FunctionRaised, match="ValueError") as error:
                await functions.invoke(F, {})
            pids.add(error.value.message)
    assert len(pids) == 1


async def test_a_result_has_the_size_that_lambda_lets_through(tmp_path: Path) -> None:
    code = "def f(event, context):\n    return 'x' * event\n"
    async with running(service_of(tmp_path, code)) as functions:
        assert len(await functions.invoke(F, RESULT_BYTES - 2)) == RESULT_BYTES
        with pytest.raises(FunctionRaised) as error:
            await functions.invoke(F, RESULT_BYTES - 1)
    assert str(error.value) == (
        "Function.ResponseSizeTooLarge: Response payload size (6291557 bytes) exceeded maximum "
        "allowed payload size (6291556 bytes)."
    )
