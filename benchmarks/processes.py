"""local_server in processes of its own, and the least that a server can do: a bare Sanic echo."""

import asyncio
import json
import multiprocessing
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sanic import Request as SanicRequest
from sanic import Sanic, Websocket

ROOT = Path(__file__).parent.parent
START_TIMEOUT_S = 60


@dataclass(frozen=True)
class Started:
    """Where it is reached."""

    http: str
    websocket: str
    pid: int


@contextmanager
def emulator(template: Path, *more: str, profile: Path | None = None) -> Iterator[Started]:
    """`profile`: where cProfile leaves what it saw of the emulator's own process."""
    profiled = [] if profile is None else ["-m", "cProfile", "-o", str(profile)]
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [
            sys.executable, *profiled, "-m", "local_server",
            "--template", str(template), "--port", "0", "--ready-file", str(ready),
            "--log-level", "error", *more,
        ]  # fmt: skip
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            _wait_for(ready, process)
            there = json.loads(ready.read_text())
            yield Started(there["http"], there["websocket"], process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(ready: Path, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("the emulator did not start")
        time.sleep(0.02)


@contextmanager
def bare_echo() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.get_context("fork").Process(target=_serve_echo, args=(listener,))
        process.start()
        try:
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}/echo"
        finally:
            process.terminate()
            process.join()


def _serve_echo(listener: socket.socket) -> None:
    # Whoever has started it ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    app = Sanic("bare_echo", configure_logging=False)

    async def echo(request: SanicRequest, ws: Websocket) -> None:
        async for message in ws:
            await ws.send(message)

    app.add_websocket_route(echo, "/echo")

    async def main() -> None:
        server: Any = await app.create_server(sock=listener, return_asyncio_server=True)
        await server.startup()
        await server.serve_forever()

    asyncio.run(main())
