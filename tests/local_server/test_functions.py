"""Functions by name: what they are given, how they fail, what of it is logged."""

import json
import logging
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from local_server.errors import EventTooLarge, FunctionError, FunctionRaised
from local_server.functions import EVENT_BYTES, Functions
from local_server.template import FunctionName, load_template
from tests.local_server.conftest import SAMPLE
from tests.local_server.services import F, answer_of, running, service_of

MIRROR = FunctionName("environment")
MISBEHAVE = FunctionName("misbehave")


@pytest.fixture
async def functions() -> AsyncIterator[Functions]:
    async with running(load_template(SAMPLE)) as started:
        yield started


def misbehave(functions: Functions, how: str) -> Any:
    return functions.invoke(MISBEHAVE, {"body": how})


async def test_a_worker_has_the_environment_it_is_given_and_no_more(functions: Functions) -> None:
    shown = json.loads(await functions.invoke(MIRROR, {}))
    assert shown["environment"]["ONLY"] == "this"
    assert "PYTEST_CURRENT_TEST" not in shown["environment"]
    assert shown["cwd"] == str(SAMPLE.parent)
    assert shown["pid"] != os.getpid()


async def test_nothing_can_be_invoked_once_it_has_stopped(functions: Functions) -> None:
    await functions.stop()
    with pytest.raises(FunctionError):
        await functions.invoke(MIRROR, {})


# Sizes

ECHO = "def f(event, context):\n    return event\n"


async def test_large_events_and_results_get_through(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, ECHO)) as functions:
        big = "x" * (EVENT_BYTES - 2)
        assert await answer_of(functions, big) == big


async def test_a_larger_event_is_refused_and_never_seen(tmp_path: Path) -> None:
    async with running(service_of(tmp_path, ECHO)) as functions:
        with pytest.raises(EventTooLarge, match="smaller than 6291456 bytes"):
            await functions.invoke(F, "x" * (EVENT_BYTES - 1))
        assert await answer_of(functions, "small") == "small"


async def test_half_a_surrogate_pair_gets_through(tmp_path: Path) -> None:
    code = "def f(event, context):\n    return ascii(event)\n"
    async with running(service_of(tmp_path, code)) as f:
        assert await answer_of(f, "\ud800") == r"'\ud800'"


# Logs


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
    assert "local_server/handler.py" not in record.getMessage()


async def test_an_error_of_the_runtime_is_logged_with_what_caused_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(service_of(tmp_path, "import missing\n")) as functions:
        with pytest.raises(FunctionRaised):
            await functions.invoke(F, {})
    (record,) = caplog.records
    lines = record.getMessage().splitlines()
    assert 'a.py", line 1' in lines[1]
    assert "importlib" not in record.getMessage()
    assert lines[-1].startswith("Runtime.ImportModuleError: Unable to import module 'a'")


async def test_output_of_the_import_belongs_to_the_event_that_needed_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "local_server.functions")
    code = "print('importing')\ndef f(event, context):\n    print(context.aws_request_id[:8])\n"
    async with running(service_of(tmp_path, code)) as functions:
        await functions.invoke(F, {})
    imported, handled = (record.getMessage() for record in caplog.records)
    request = imported.split()[1]
    assert imported == f"f {request} importing"
    assert handled == f"f {request} {request}"


async def test_a_line_without_an_end_belongs_to_the_event_that_printed_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "local_server.functions")
    code = "def f(event, context):\n    print(event, end='')\n"
    async with running(service_of(tmp_path, code)) as functions:
        await functions.invoke(F, "one")
        await functions.invoke(F, "two")
    first, second = (record.getMessage() for record in caplog.records)
    assert (first.split()[2], second.split()[2]) == ("one", "two")
    assert first.split()[1] != second.split()[1]


async def test_the_lines_of_lambda_itself_are_for_debugging(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "local_server.functions")
    async with running(service_of(tmp_path, ECHO)) as functions:
        await functions.invoke(F, {})
    assert {record.levelname for record in caplog.records} == {"DEBUG"}
    assert [record.getMessage().split()[1] for record in caplog.records] == [
        "INIT_START",
        "START",
        "END",
        "REPORT",
    ]


# New code


async def test_what_keeps_code_from_loading_is_shown_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    template = service_of(tmp_path, ECHO, "timeout: 5}, g: {handler: a.f")
    async with running(template) as functions:
        for name in template.functions:
            await functions.invoke(name, {})
        (tmp_path / "a.py").write_text("def f(event, context):\n    return (\n")
        await functions.reload()
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage().startswith("a.py:2: Runtime.UserCodeSyntaxError: Syntax error")
    assert record.getMessage().endswith("the old code keeps serving")
