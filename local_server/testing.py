"""The emulator inside a test, on a free port: the code path of the command line."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_server.clock import Clock
from local_server.emulator import Emulator, Settings


@dataclass(frozen=True)
class Running:
    """Where a running emulator is reached, and the environment its handlers share."""

    http_url: str
    websocket_url: str
    websocket_urls: tuple[str, ...]
    store_url: str
    environment: dict[str, str]


@asynccontextmanager
async def emulator(
    template: str | os.PathLike[str],
    *,
    stage: str = "local",
    store: str = "ministack",
    region: str | None = None,
    clock: Clock | None = None,
    websocket_timeout_s: float = 29.0,
    http_timeout_s: float = 30.0,
) -> AsyncIterator[Running]:
    """Runs in the caller's event loop until the block ends. Raises LocalServerError."""
    running = Emulator(
        Settings(
            template=Path(template),
            stage=stage,
            store=store,
            region=region,
            clock=clock or Clock(),
            websocket_timeout_s=websocket_timeout_s,
            http_timeout_s=http_timeout_s,
        )
    )
    await running.start()
    try:
        yield Running(
            http_url=running.http_url,
            websocket_url=running.websocket_url,
            websocket_urls=running.websocket_urls,
            store_url=running.store.url,
            environment=running.start_environment(),
        )
    finally:
        await running.stop()


@contextmanager
def emulator_in_thread(
    template: str | os.PathLike[str], *, stage: str = "local", store: str = "ministack"
) -> Iterator[Running]:
    """The same for synchronous tests: it runs in a thread with a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="local_server")
    thread.start()
    context = emulator(template, stage=stage, store=store)
    try:
        running = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result()
        try:
            yield running
        finally:
            leave = context.__aexit__(None, None, None)
            asyncio.run_coroutine_threadsafe(leave, loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
