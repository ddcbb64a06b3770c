"""A run of the emulator at a terminal: banner, ready file, onStart, signals."""

import asyncio
import json
import logging
import os
import shlex
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_server.emulator import Emulator
from local_server.errors import ServerError
from local_server.loops import settle_memory
from local_server.settings import Settings
from local_server.stores.programs import store_warnings

logger = logging.getLogger("local_server")
start_logger = logging.getLogger("local_server.onStart")


@dataclass(frozen=True)
class Run:
    """`on_start` None takes the template's own command, empty text none at all."""

    settings: Settings
    ready_file: Path | None = None
    on_start: str | None = None


async def serve(run: Run) -> int:
    """Until SIGINT or SIGTERM; a second one ends the process on the spot. Returns the exit code:
    0 if it was up by then. Raises LocalServerError.
    """
    stopped = _stop_on_signals()
    if run.ready_file is not None:
        _remove(run.ready_file)
    emulator = Emulator(run.settings)
    emulator.prepared.clear()
    starting = asyncio.ensure_future(emulator.start())
    await _first_of(starting, stopped)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return 128 + stopped.result()
    starting.result()
    settle_memory()
    try:
        _announce(emulator, run)
        await _prepare_and_wait(emulator, run, stopped)
    finally:
        await emulator.stop()
        if run.ready_file is not None:
            run.ready_file.unlink(missing_ok=True)
    return 0


async def _prepare_and_wait(emulator: Emulator, run: Run, stopped: "asyncio.Future[int]") -> None:
    lost = asyncio.ensure_future(emulator.lost())
    command = asyncio.ensure_future(_on_start(emulator, run))
    try:
        await _first_of(command, stopped, lost)
        if command.done() and not lost.done():
            # A service that was not prepared would only fail later, and say less.
            command.result()
            emulator.prepared.set()
            await _first_of(stopped, lost)
        if lost.done():
            lost.result()
    finally:
        command.cancel()
        lost.cancel()
        await asyncio.gather(command, lost, return_exceptions=True)


async def _first_of(*awaited: "asyncio.Future[Any]") -> None:
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)


def _stop_on_signals() -> "asyncio.Future[int]":
    """The number of the first signal."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(number: signal.Signals) -> None:
        if stopped.done():
            # Every child is on a leash and goes with us.
            os._exit(130)
        stopped.set_result(number.value)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    return stopped


def _announce(emulator: Emulator, run: Run) -> None:
    for warning in (*emulator.template.warnings, *_store_warnings(emulator)):
        logger.warning("%s", warning)
    print(banner(emulator), flush=True)  # noqa: T201 - this is the terminal
    if run.ready_file is not None:
        _write_ready_file(run.ready_file, emulator)


def _store_warnings(emulator: Emulator) -> list[str]:
    return store_warnings(emulator.store.programs, emulator.template)


def banner(emulator: Emulator) -> str:
    """Where everything is, and the routes."""
    template = emulator.template
    lines = [
        "",
        f"  {template.service} ({template.stage}) on API Gateway, played by local_server",
        "",
        *(f"  WebSocket  {url}" for url in emulator.websocket_urls),
        f"  HTTP       {emulator.http_url}",
        f"  Page       {emulator.page_url}",
        *(f"  Store      {url} ({name})" for url, name in emulator.store.addresses),
        "",
    ]
    rows = [
        *((key, route.target) for key, route in template.websocket_routes.items()),
        *((route.key, route.function) for route in template.http_routes),
        *((source.key, source.function) for source in template.sources),
    ]
    width = max((len(key) for key, _ in rows), default=0)
    return "\n".join([*lines, *(f"  {key:<{width}}  {name}" for key, name in rows), ""])


def _write_ready_file(file: Path, emulator: Emulator) -> None:
    """Whole or not at all: a reader may be waiting for it."""
    urls = emulator.websocket_urls
    content = {
        "http": emulator.http_url,
        "websocket": urls[0],
        "websocket_paths": list(urls[1:]),
        "store": emulator.store.url,
        "queues": emulator.store.endpoints.sqs or emulator.store.url,
        "pid": os.getpid(),
    }
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        unfinished.write_text(json.dumps(content) + "\n")
        unfinished.replace(file)
    except OSError as error:
        raise ServerError(f"cannot write {file}: {error.strerror}") from error


def _remove(file: Path) -> None:
    """An earlier run that was killed has left it, and who waits for it would read a lie."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise ServerError(f"cannot write {file}: {error.strerror}") from error


async def _on_start(emulator: Emulator, run: Run) -> None:
    command = (run.on_start if run.on_start is not None else emulator.template.local.on_start) or ""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ServerError(f"onStart: {command}: {error}") from error
    if not words:
        return
    if words[0] in ("python", "python3"):
        words[0] = sys.executable
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            cwd=emulator.template.root,
            env=emulator.start_environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    except OSError as error:
        raise ServerError(f"onStart: {words[0]}: {error.strerror}") from error
    await _follow(process, command)


async def _follow(process: asyncio.subprocess.Process, command: str) -> None:
    assert process.stdout is not None  # noqa: S101 - asked for a pipe
    try:
        async for line in process.stdout:
            start_logger.info("%s", line.decode(errors="replace").rstrip())
        if status := await process.wait():
            raise ServerError(f"onStart: {command} ended with status {status}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
