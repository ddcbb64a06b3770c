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

from local_server.emulator import Emulator, Settings
from local_server.errors import ServerError
from local_server.template import QueueSource

logger = logging.getLogger("local_server")
start_logger = logging.getLogger("local_server.onStart")


@dataclass(frozen=True)
class Run:
    """`on_start` None takes the template's own command, empty text none at all."""

    settings: Settings
    ready_file: Path | None = None
    on_start: str | None = None


async def serve(run: Run) -> None:
    """Until SIGINT or SIGTERM. A second one ends the process on the spot."""
    stopped = _stop_on_signals()
    if run.ready_file is not None:
        _remove(run.ready_file)
    emulator = Emulator(run.settings)
    starting = asyncio.ensure_future(emulator.start())
    await asyncio.wait({starting, stopping := asyncio.ensure_future(stopped.wait())},
                       return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
    if not starting.done():
        starting.cancel()
        await asyncio.wait({starting})
        return
    starting.result()
    try:
        _announce(emulator, run)
        command = asyncio.ensure_future(_on_start(emulator, run))
        await asyncio.wait({command, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if command.done():
            # A service that was not prepared would only fail later, and say less.
            command.result()
        await stopping
        command.cancel()
        await asyncio.wait({command})
    finally:
        await emulator.stop()
        if run.ready_file is not None:
            run.ready_file.unlink(missing_ok=True)


def _stop_on_signals() -> asyncio.Event:
    stopped = asyncio.Event()

    def stop() -> None:
        if stopped.is_set():
            # Every child is on a leash and goes with us.
            os._exit(130)
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return stopped


def _announce(emulator: Emulator, run: Run) -> None:
    for warning in emulator.template.warnings:
        logger.warning("%s", warning)
    print(banner(emulator), flush=True)  # noqa: T201 - this is the terminal
    if run.ready_file is not None:
        _write_ready_file(run.ready_file, emulator)


def banner(emulator: Emulator) -> str:
    """Where everything is, and the routes."""
    template = emulator.template
    lines = [
        "",
        f"  {template.service} ({template.stage}) on API Gateway, played by local_server",
        "",
        *(f"  WebSocket  {url}" for url in emulator.websocket_urls),
        f"  HTTP       {emulator.http_url}",
        f"  Page       {emulator.http_url}/",
        f"  Store      {emulator.store.url} ({emulator.store.name})",
        "",
    ]
    rows = [
        *((key, route.function) for key, route in template.websocket_routes.items()),
        *((route.key, route.function) for route in template.http_routes),
        *((f"sqs {_queue_name(source)}", source.function) for source in template.sources),
    ]
    width = max((len(key) for key, _ in rows), default=0)
    return "\n".join([*lines, *(f"  {key:<{width}}  {name}" for key, name in rows), ""])


def _queue_name(source: QueueSource) -> str:
    """What `!GetAtt Queue.Arn` names; a literal ARN ends in its queue's name."""
    arn = source.queue_arn
    named = arn.get("Fn::GetAtt", "") if isinstance(arn, dict) else arn
    first = named[0] if isinstance(named, list) else str(named)
    return first.removesuffix(".Arn").rpartition(":")[2]


def _write_ready_file(file: Path, emulator: Emulator) -> None:
    """Whole or not at all: a reader may be waiting for it."""
    urls = emulator.websocket_urls
    content = {
        "http": emulator.http_url,
        "websocket": urls[0],
        "websocket_paths": list(urls[1:]),
        "store": emulator.store.url,
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
