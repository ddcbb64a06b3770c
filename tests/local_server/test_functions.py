"""Functions in warm workers: what they print, how they fail, when they are reused."""

import asyncio
import json
import logging
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from local_server.errors import FunctionCrashed, FunctionError, FunctionRaised, FunctionTimedOut
from local_server.functions import Functions, Runtime
from local_server.processes import Zygote
from local_server.template import Function, FunctionName, Template, load_template
from tests.local_server.conftest import SAMPLE, is_running

MIRROR = FunctionName("environment")
MISBEHAVE = FunctionName("misbehave")


def base_environment(function: Function) -> dict[str, str]:
    return {
        "AWS_LAMBDA_FUNCTION_NAME": function.deployed_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "group",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        "ONLY": "this",
    }


@asynccontextmanager
async def running(template: Template, workers: int = 2) -> AsyncIterator[Functions]:
    runtime = Runtime(template.root, "eu-west-3", base_environment, os.urandom, workers)
    functions = Functions(template.functions, runtime, Zygote(preloaded=()))
    try:
        yield functions
    finally:
        functions.stop()


@pytest.fixture
async def functions() -> AsyncIterator[Functions]:
    async with running(load_template(SAMPLE)) as started:
        yield started


async def pid_of_a_worker(functions: Functions) -> int:
    return int(json.loads(await functions.invoke(MIRROR, {}))["pid"])


def misbehave(functions: Functions, how: str) -> Any:
    return functions.invoke(MISBEHAVE, {"body": how})


# Reuse


async def test_a_worker_is_reused(functions: Functions) -> None:
    assert await pid_of_a_worker(functions) == await pid_of_a_worker(functions)
    assert await pid_of_a_worker(functions) != os.getpid()


async def test_calls_at_the_same_time_have_workers_of_their_own_up_to_a_bound(
    functions: Functions,
) -> None:
    pids = await asyncio.gather(*(pid_of_a_worker(functions) for _ in range(10)))
    assert len(set(pids)) == 2


async def test_a_worker_has_the_environment_it_is_given_and_no_more(functions: Functions) -> None:
    shown = json.loads(await functions.invoke(MIRROR, {}))
    assert shown["environment"]["ONLY"] == "this"
    assert "PYTEST_CURRENT_TEST" not in shown["environment"]
    assert shown["cwd"] == str(SAMPLE.parent)


# Failure


async def test_an_exception_keeps_its_type_message_and_trace(functions: Functions) -> None:
    with pytest.raises(FunctionRaised) as error:
        await misbehave(functions, "raise")
    assert (error.value.kind, error.value.message) == ("ValueError", "secret details")
    assert "misbehave.py" in "".join(error.value.trace)


async def test_after_an_exception_the_worker_lives_on(functions: Functions) -> None:
    for _ in range(2):
        with pytest.raises(FunctionRaised, match="SystemExit"):
            await misbehave(functions, "sys.exit")


async def test_a_timeout_kills_the_worker(functions: Functions) -> None:
    with pytest.raises(FunctionTimedOut, match=r"Task timed out after 1\.00 seconds"):
        await misbehave(functions, "sleep")
    assert json.loads(await misbehave(functions, "odd"))


def service_of(folder: Path, code: str) -> Template:
    """One function `f` with a timeout of a second."""
    (folder / "serverless.yml").write_text(
        "service: s\nfunctions: {f: {handler: a.f, timeout: 1}}\n"
    )
    (folder / "a.py").write_text(code)
    return load_template(folder / "serverless.yml")


async def test_a_handler_that_prints_without_end_times_out(tmp_path: Path) -> None:
    code = "def f(event, context):\n    while True:\n        print('x' * 200)\n"
    async with running(service_of(tmp_path, code)) as functions:
        with pytest.raises(FunctionTimedOut):
            await functions.invoke(FunctionName("f"), {})


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
async def test_a_timeout_kills_what_the_handler_has_started_too(tmp_path: Path) -> None:
    code = (
        "import pathlib, subprocess, sys\n"
        "def f(event, context):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "    pathlib.Path('pid').write_text(str(child.pid))\n"
        "    child.wait()\n"
    )
    async with running(service_of(tmp_path, code)) as functions:
        with pytest.raises(FunctionTimedOut):
            await functions.invoke(FunctionName("f"), {})
        child = int((tmp_path / "pid").read_text())
        async with asyncio.timeout(5):
            while is_running(child):
                await asyncio.sleep(0.01)


async def test_a_worker_that_ends_is_an_error_and_is_replaced(functions: Functions) -> None:
    with pytest.raises(FunctionCrashed, match=r"Runtime\.ExitError"):
        await misbehave(functions, "exit")
    assert json.loads(await misbehave(functions, "odd"))


async def test_an_idle_worker_that_was_killed_is_replaced(functions: Functions) -> None:
    first = await pid_of_a_worker(functions)
    os.kill(first, signal.SIGKILL)
    second = await eventually_another(functions, first)
    assert second != first


async def eventually_another(functions: Functions, first: int) -> int:
    """The call that meets the dying worker may itself fail; the next one does not."""
    try:
        return await pid_of_a_worker(functions)
    except FunctionCrashed:
        return await pid_of_a_worker(functions)


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        ("absent.handler", r"Runtime\.ImportModuleError: Unable to import module 'absent'"),
        ("functions.web.absent", r"Runtime\.HandlerNotFound: Handler 'absent' missing"),
        ("broken.handler", "SyntaxError"),
        ("leaves.handler", "SystemExit"),
    ],
)
async def test_a_handler_that_cannot_be_loaded_is_an_error(
    tmp_path: Path, handler: str, kind: str
) -> None:
    (tmp_path / "serverless.yml").write_text(
        f"service: s\nfunctions: {{f: {{handler: {handler}}}}}\n"
    )
    (tmp_path / "broken.py").write_text("def handler(:\n")
    (tmp_path / "leaves.py").write_text("raise SystemExit\n")
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "web.py").write_text("")
    async with running(load_template(tmp_path / "serverless.yml")) as functions:
        for _ in range(2):
            with pytest.raises(FunctionRaised, match=kind):
                await functions.invoke(FunctionName("f"), {})


async def test_a_result_that_is_no_json_is_an_error(functions: Functions) -> None:
    with pytest.raises(FunctionRaised, match=r"Runtime\.MarshalError.*object"):
        await misbehave(functions, "unserialisable")


async def test_decimals_become_numbers(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text("service: s\nfunctions: {f: {handler: a.f}}\n")
    (tmp_path / "a.py").write_text(
        "from decimal import Decimal\ndef f(event, context):\n    return {'n': Decimal('1.5')}\n"
    )
    async with running(load_template(tmp_path / "serverless.yml")) as functions:
        assert await functions.invoke(FunctionName("f"), {}) == '{"n": 1.5}'


async def test_nothing_can_be_invoked_once_the_zygote_has_ended(functions: Functions) -> None:
    functions.stop()
    with pytest.raises(FunctionError):
        await functions.invoke(MIRROR, {})


async def test_large_events_and_results_get_through(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text("service: s\nfunctions: {f: {handler: a.f}}\n")
    (tmp_path / "a.py").write_text("def f(event, context):\n    return event\n")
    async with running(load_template(tmp_path / "serverless.yml")) as functions:
        big = "x" * 6_000_000
        assert json.loads(await functions.invoke(FunctionName("f"), big)) == big


# Output


async def test_what_a_handler_prints_is_logged_under_its_name_and_request(
    functions: Functions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "local_server.functions")
    await misbehave(functions, "print")
    lines = [record.getMessage() for record in caplog.records]
    request = lines[0].split()[1]
    assert re.fullmatch(r"[0-9a-f]{8}", request)
    assert lines[:2] == [f"misbehave {request} printed", f"misbehave {request} complained"]
    assert re.fullmatch(
        rf"misbehave {request} \[INFO\]\t[0-9T:.-]+Z\t{request}[0-9a-f-]+\tlogged", lines[2]
    )
    assert lines[3] == f"misbehave {request} written raw"


async def test_a_traceback_is_logged(
    functions: Functions, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(FunctionRaised):
        await misbehave(functions, "raise")
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage().endswith("ValueError: secret details")
