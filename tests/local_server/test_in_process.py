"""Handlers in the emulator's own process."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from local_server.clock import Clock
from local_server.errors import (
    EventTooLarge,
    FunctionCrashed,
    FunctionError,
    FunctionRaised,
    FunctionThrottled,
)
from local_server.faults import Fault, FaultKind, Faults
from local_server.functions import EVENT_BYTES
from local_server.in_process import InProcess
from local_server.template import Template
from local_server.testing import emulator
from tests.local_server.conftest import SAMPLE
from tests.local_server.services import COUNTING, F, runtime_of, service_of, until_file


@asynccontextmanager
async def running(
    template: Template, clock: Clock | None = None, faults: Faults | None = None
) -> AsyncIterator[InProcess]:
    functions = InProcess(template.functions, runtime_of(template, clock=clock, faults=faults))
    try:
        yield functions
    finally:
        await functions.stop()


async def answer_of(functions: InProcess, event: object = None) -> Any:
    return json.loads(await functions.invoke(F, event))


SHOWING = """
import os, sys, threading, time
def f(event, context):
    return {
        "pid": os.getpid(), "thread": threading.current_thread().name, "only": os.environ["ONLY"],
        "inherited": "PYTEST_CURRENT_TEST" in os.environ, "cwd": os.getcwd(),
        "name": context.function_name, "remaining": context.get_remaining_time_in_millis() > 0,
        "debugger": os.environ.get("PYTHONBREAKPOINT"),
    }
"""


async def test_a_handler_runs_here_with_an_environment_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONBREAKPOINT", "mine")
    async with running(service_of(tmp_path, SHOWING)) as functions:
        shown = await answer_of(functions)
    assert shown == {
        "pid": os.getpid(),
        "thread": "handler",
        "only": "this",
        "inherited": False,
        "cwd": str(tmp_path),
        "name": "s-local-f",
        "remaining": True,
        "debugger": "mine",
    }


async def test_everything_is_as_before_after_an_event(tmp_path: Path) -> None:
    before = dict(os.environ), os.getcwd()
    async with running(service_of(tmp_path, SHOWING)) as functions:
        await answer_of(functions)
        assert (dict(os.environ), os.getcwd()) == before


async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    def state() -> tuple[object, ...]:
        root = logging.getLogger()
        return list(sys.path), list(root.handlers), root.level, set(sys.modules)

    before = state()
    code = "import logging\nlogging.getLogger().setLevel('DEBUG')\n" + COUNTING
    async with running(service_of(tmp_path, code)) as functions:
        await answer_of(functions)
    assert state() == before


async def test_one_event_is_handled_at_a_time(tmp_path: Path) -> None:
    code = (
        "import pathlib, time\n"
        "def f(event, context):\n"
        "    pathlib.Path(event).write_text('up')\n"
        "    while event == 'first' and not pathlib.Path('go').exists():\n"
        "        time.sleep(0.005)\n"
        "    return pathlib.Path('second').exists()\n"
    )
    async with running(service_of(tmp_path, code)) as functions:
        first = asyncio.ensure_future(answer_of(functions, "first"))
        await until_file(tmp_path / "first")
        second = asyncio.ensure_future(answer_of(functions, "second"))
        await asyncio.sleep(0)
        (tmp_path / "go").write_text("now")
        assert [await first, await second] == [False, True]


async def test_past_its_timeout_a_handler_is_only_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    code = (
        "import pathlib, time\n"
        "def f(event, context):\n"
        "    pathlib.Path('up').write_text('up')\n"
        "    while not pathlib.Path('go').exists():\n"
        "        time.sleep(0.005)\n"
        "    return 'done'\n"
    )
    async with running(service_of(tmp_path, code, "timeout: 60"), clock=clock) as functions:
        answer = asyncio.ensure_future(answer_of(functions))
        await until_file(tmp_path / "up")
        clock.advance(60)
        async with asyncio.timeout(30):
            while not caplog.records:
                await asyncio.sleep(0.005)
        (tmp_path / "go").write_text("now")
        assert await answer == "done"
    assert "would have timed out after 60.00 seconds" in caplog.records[0].getMessage()


async def test_modules_of_the_project_are_imported_anew_after_a_change(tmp_path: Path) -> None:
    code = "import part, json\ndef f(event, context):\n    return [part.word, id(json)]\n"
    (tmp_path / "part.py").write_text("word = 'old'\n")
    async with running(service_of(tmp_path, code)) as functions:
        assert await answer_of(functions) == ["old", id(json)]
        (tmp_path / "part.py").write_text("word = 'newer'\n")
        await functions.reload()
        assert await answer_of(functions) == ["newer", id(json)]


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("import missing", FunctionRaised, "Runtime.ImportModuleError"),
        ("def f(:", FunctionRaised, "Runtime.UserCodeSyntaxError"),
        ("def f(event, context):\n    raise KeyError('x')", FunctionRaised, "KeyError: 'x'"),
        ("def f(event, context):\n    return object()", FunctionRaised, "Runtime.MarshalError"),
        (
            "def f(event, context):\n    return 'x' * 6_291_555",
            FunctionRaised,
            "ResponseSizeTooLarge",
        ),
        ("def f(event, context):\n    raise SystemExit(2)", FunctionCrashed, "exit status 2"),
    ],
)
async def test_failures_are_those_of_a_worker(
    tmp_path: Path, code: str, error: type[FunctionError], words: str
) -> None:
    async with running(service_of(tmp_path, code + "\n")) as functions:
        with pytest.raises(error, match=words):
            await answer_of(functions)


async def test_an_event_that_is_too_large_is_refused(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, COUNTING)) as functions:
        with pytest.raises(EventTooLarge):
            await functions.invoke(F, "x" * EVENT_BYTES)


async def test_a_reserved_concurrency_of_zero_throttles_here_too(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, COUNTING, "reservedConcurrency: 0")) as functions:
        with pytest.raises(FunctionThrottled):
            await answer_of(functions)


async def test_what_a_handler_logs_has_lambdas_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import logging\n"
        "def f(event, context):\n"
        "    logging.getLogger().warning('from the handler')\n"
        "    return context.aws_request_id\n"
    )
    async with running(service_of(tmp_path, code)) as functions:
        request_id = await answer_of(functions)
        logging.getLogger("somebody").warning("from elsewhere")
    output = capsys.readouterr().out
    assert f"Z\t{request_id}\tfrom the handler\n" in output
    assert "from elsewhere" not in output


async def test_faults_strike_as_far_as_they_can(tmp_path: Path) -> None:
    faults = Faults()
    async with running(service_of(tmp_path, COUNTING), faults=faults) as functions:
        await answer_of(functions)
        faults.add(Fault(FaultKind.FUNCTION_THROTTLED, times=1))
        with pytest.raises(FunctionThrottled):
            await answer_of(functions)
        faults.add(Fault(FaultKind.WORKER_KILLED, times=1))
        with pytest.raises(FunctionCrashed, match="signal: killed"):
            await answer_of(functions)
        faults.add(Fault(FaultKind.COLD_START, times=1))
        assert await answer_of(functions) == {"pid": os.getpid(), "count": 1}


async def test_a_handler_that_never_ends_does_not_keep_the_emulator_from_ending(
    tmp_path: Path,
) -> None:
    code = (
        "import pathlib, time\n"
        "def f(event, context):\n"
        "    pathlib.Path('up').write_text('up')\n"
        "    while not pathlib.Path(event).exists():\n"
        "        time.sleep(0.005)\n"
    )
    before = dict(os.environ), os.getcwd()
    async with running(service_of(tmp_path, code)) as functions:
        answer = asyncio.ensure_future(functions.invoke(F, str(tmp_path / "go")))
        await until_file(tmp_path / "up")
    assert (dict(os.environ), os.getcwd()) == before
    (tmp_path / "go").write_text("now")
    answer.cancel()


async def test_the_sample_answers_and_posts_from_within_the_emulator() -> None:
    async with emulator(SAMPLE, in_process=True) as running, await running.connect() as socket:
        await socket.send({"kind": "ask", "say": "hello"})
        assert await socket.receive_text() == "hello"
        for by in ("domain", "api"):
            await socket.send({"kind": "dial", "by": by})
            assert await socket.receive_text() == "it rings"


async def test_a_breakpoint_of_a_handler_is_at_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(
        "service: s\n"
        "functions:\n"
        "  f:\n"
        "    handler: a.f\n"
        "    events:\n"
        "      - websocket: {route: $default, routeResponseSelectionExpression: $default}\n"
    )
    (tmp_path / "a.py").write_text(
        "def f(event, context):\n"
        "    answer = 'unchanged'\n"
        "    breakpoint()\n"
        "    return {'statusCode': 200, 'body': answer}\n"
    )
    ready = tmp_path / "ready.json"
    emulator = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local_server", "--in-process", "--port", "0",
        "--template", str(tmp_path / "serverless.yml"), "--ready-file", str(ready),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert emulator.stdin is not None
    assert emulator.stdout is not None
    try:
        url = json.loads(await until_file(ready))["websocket"]
        async with connect(url) as socket:
            await socket.send("?")
            await asyncio.wait_for(emulator.stdout.readuntil(b"(Pdb) "), 30)
            emulator.stdin.write(b"answer = 'changed'\ncontinue\n")
            assert await asyncio.wait_for(socket.recv(), 30) == "changed"
    finally:
        emulator.terminate()
        await emulator.wait()
