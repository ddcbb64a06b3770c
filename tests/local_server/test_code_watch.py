"""The watch for changes of code, and a running emulator that follows them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local_server.client_socket import ClientSocket
from local_server.code_watch import CodeWatch
from local_server.testing import emulator


class Watched:
    """A folder, and what was said of it."""

    def __init__(self, root: Path, data: Path | None) -> None:
        self._said: asyncio.Queue[frozenset[Path]] = asyncio.Queue()
        self.watch = CodeWatch(root, self._said.put_nowait, data)

    async def until(self, *files: Path) -> None:
        missing = set(files)
        async with asyncio.timeout(30):
            while missing:
                missing -= await self._said.get()

    async def next(self) -> frozenset[Path]:
        return await asyncio.wait_for(self._said.get(), 30)


@asynccontextmanager
async def watching(root: Path, data: Path | None = None) -> AsyncIterator[Watched]:
    watched = Watched(root, data)
    try:
        yield watched
    finally:
        watched.watch.stop()


async def test_a_new_file_a_change_and_an_end_are_told(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    async with watching(tmp_path) as watched:
        file.write_text("1")
        await watched.until(file)
        file.write_text("2")
        await watched.until(file)
        file.unlink()
        await watched.until(file)


async def test_a_file_that_is_put_in_the_place_of_another_is_told(tmp_path: Path) -> None:
    file, written = tmp_path / "a.py", tmp_path / ".a.py.tmp"
    file.write_text("1")
    async with watching(tmp_path) as watched:
        written.write_text("2")
        written.rename(file)
        await watched.until(file)


async def test_what_is_no_code_is_not_told(tmp_path: Path) -> None:
    for name in (".venv", "node_modules"):
        (tmp_path / name).mkdir()
    async with watching(tmp_path) as watched:
        for name in (".venv/a.py", "node_modules/b.py", "c.txt"):
            (tmp_path / name).write_text("1")
        (tmp_path / "d.py").write_text("1")
        assert await watched.next() == {tmp_path / "d.py"}


async def test_a_new_folder_is_watched_from_its_first_file_on(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "below"
    async with watching(tmp_path) as watched:
        folder.mkdir(parents=True)
        (folder / "a.py").write_text("1")
        await watched.until(folder / "a.py")
        (folder / "b.py").write_text("1")
        await watched.until(folder / "b.py")


async def test_what_the_store_writes_is_no_code(tmp_path: Path) -> None:
    async with watching(tmp_path, tmp_path / "data") as watched:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "tables.json").write_text("{}")
        (tmp_path / "a.py").write_text("1")
        await watched.until(tmp_path / "a.py")
        (tmp_path / "data" / "tables.json").write_text("[]")
        (tmp_path / "b.py").write_text("1")
        assert await watched.next() == {tmp_path / "b.py"}


async def test_folders_may_come_and_go(tmp_path: Path) -> None:
    async with watching(tmp_path) as watched:
        for _ in range(20):
            (tmp_path / "briefly").mkdir()
            (tmp_path / "briefly").rmdir()
        (tmp_path / "a.py").write_text("1")
        await watched.until(tmp_path / "a.py")


SERVICE = """
service: s
functions:
  f:
    handler: a.f
    environment: {WORD: "${file(words.yml):word}"}
    events: [{websocket: {route: $default, routeResponseSelectionExpression: $default}}]
"""


def answering(word: str) -> str:
    return f"def f(event, context):\n    return {{'statusCode': 200, 'body': '{word}'}}\n"


@pytest.fixture
def service(tmp_path: Path) -> Path:
    (tmp_path / "serverless.yml").write_text(SERVICE)
    (tmp_path / "words.yml").write_text("word: x\n")
    (tmp_path / "a.py").write_text(answering("old"))
    return tmp_path


@pytest.mark.parametrize("in_process", [False, True])
async def test_an_open_socket_gets_answers_of_the_new_code(service: Path, in_process: bool) -> None:
    async with (
        emulator(service / "serverless.yml", reload=True, in_process=in_process) as running,
        await running.connect() as socket,
    ):
        assert await asked(socket) == "old"
        # As long as the old code, and within a second of it.
        (service / "a.py").write_text(answering("new"))
        async with asyncio.timeout(30):
            while await asked(socket) != "new":
                pass


async def test_new_code_is_told_once_it_is_in_use(service: Path) -> None:
    heard = Heard()
    logger = logging.getLogger("local_server")
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(heard)
    try:
        async with emulator(service / "serverless.yml", reload=True) as running:
            async with await running.connect() as socket:
                await asked(socket)
            (service / "a.py").write_text(answering("newer"))
            await heard.until("a.py: the new code is in use")
    finally:
        logger.removeHandler(heard)
        logger.setLevel(before)


async def asked(socket: ClientSocket) -> str:
    await socket.send("?")
    return await socket.receive_text()


async def test_a_change_of_the_template_asks_for_a_restart(
    service: Path,
) -> None:
    heard = Heard()
    logging.getLogger("local_server").addHandler(heard)
    try:
        async with emulator(service / "serverless.yml", reload=True):
            for name in ("serverless.yml", "words.yml"):
                (service / name).write_text((service / name).read_text() + "\n")
                await heard.until(f"{name} has changed: restart to see it")
    finally:
        logging.getLogger("local_server").removeHandler(heard)


class Heard(logging.Handler):
    """What is logged, as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: asyncio.Queue[str] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.put_nowait(record.getMessage())

    async def until(self, line: str) -> None:
        async with asyncio.timeout(30):
            while await self._lines.get() != line:
                pass
