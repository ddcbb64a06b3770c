"""A process of a store, on a real one: moto's server."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from local_server.errors import StoreError
from local_server.stores.process import StoreProcess, answers
from local_server.stores.programs import Program, choose_programs

MOTO = choose_programs("moto", Path(), None)[0]


@pytest.fixture
async def process() -> AsyncIterator[StoreProcess]:
    started = StoreProcess(MOTO, os.environ)
    await started.ready()
    yield started
    await started.stop()


async def ended(process: StoreProcess) -> str:
    while (ending := process.ending()) is None:
        await asyncio.sleep(0)
    return ending


async def test_it_answers_where_it_says_and_has_not_ended(process: StoreProcess) -> None:
    assert answers(process.url + MOTO.health)
    assert process.ending() is None


async def test_it_tells_the_time_that_it_is_told(process: StoreProcess) -> None:
    for hours in (1, 3):
        process.go_ahead(hours * 3_600_000)
        date = httpx.get(process.url + MOTO.health).headers["date"]
        assert abs(parsedate_to_datetime(date).timestamp() - time.time() - hours * 3600) < 60


async def test_one_that_has_ended_is_told_nothing(process: StoreProcess) -> None:
    os.kill(process.pid, signal.SIGKILL)
    await ended(process)
    process.go_ahead(1000)
    process.go_ahead(2000)


async def test_its_ending_is_known(process: StoreProcess) -> None:
    os.kill(process.pid, signal.SIGKILL)
    assert await ended(process) == "killed by SIGKILL"


async def test_started_again_it_has_the_same_url(process: StoreProcess) -> None:
    url = process.url
    os.kill(process.pid, signal.SIGKILL)
    await ended(process)
    process.start_again()
    await process.ready()
    assert answers(url + MOTO.health)


async def test_what_it_said_is_shown_if_it_does_not_start() -> None:
    failing = Program("broken", "nothing", (sys.executable, "-c", "exit('no luck')"), "/")
    process = StoreProcess(failing, {})
    with pytest.raises(StoreError, match="broken did not start:\n  no luck"):
        await process.ready()
    assert process.ending() == "exit code 1"
    await process.stop()


WRITES_AT_THE_END = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(open(sys.argv[1], "w").write("written") and 0))
print("up", flush=True)
signal.pause()
"""


async def test_one_that_keeps_something_may_write_before_it_ends(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    words = (sys.executable, "-c", WRITES_AT_THE_END, str(file))
    process = StoreProcess(Program("keeper", "things", words, "/", folder=tmp_path), {})
    while "up" not in process.last_lines():
        await asyncio.sleep(0)
    await process.stop()
    assert file.read_text() == "written"


async def test_one_that_keeps_nothing_is_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    words = (sys.executable, "-c", WRITES_AT_THE_END, str(file))
    process = StoreProcess(Program("keeper", "things", words, "/"), {})
    await process.stop()
    assert process.ending() == "killed by SIGKILL"
    assert not file.exists()


def test_nothing_answers_where_nothing_is() -> None:
    assert not answers("http://127.0.0.1:9/")
