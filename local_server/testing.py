"""The emulator inside a test, on a free port: the code path of the command line."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from local_server.client_socket import ClientSocket, Refused
from local_server.clock import Clock, Milliseconds
from local_server.emulator import SETTLE_S, Emulator
from local_server.errors import FunctionError
from local_server.fast_json import decode
from local_server.faults import Fault, FaultKind, Faults
from local_server.ids import ConnectionId
from local_server.journal import Closed, Frame, Invocation, Journal, Post
from local_server.loops import new_event_loop
from local_server.settings import Settings

__all__ = [
    "ClientSocket",
    "Clock",
    "Fault",
    "FaultKind",
    "FunctionError",
    "Refused",
    "Running",
    "RunningInThread",
    "emulator",
    "emulator_in_thread",
]


class Running:
    """A running emulator: where it is reached, what passed through it, and its faults."""

    def __init__(self, emulator: Emulator, clock: Clock, faults: Faults, journal: Journal) -> None:
        self._emulator = emulator
        self._clock = clock
        self.faults = faults
        self.journal = journal

    def in_thread(self, loop: asyncio.AbstractEventLoop) -> "RunningInThread":
        running = RunningInThread(self._emulator, self._clock, self.faults, self.journal)
        running.loop = loop
        return running

    # Where

    @property
    def http_url(self) -> str:
        return self._emulator.http_url

    @property
    def websocket_url(self) -> str:
        return self._emulator.websocket_url

    @property
    def websocket_urls(self) -> tuple[str, ...]:
        return self._emulator.websocket_urls

    @property
    def store_url(self) -> str:
        return self._emulator.store.url

    @property
    def environment(self) -> dict[str, str]:
        """What the handlers of the template share."""
        return self._emulator.start_environment()

    @property
    def open_connections(self) -> list[ConnectionId]:
        return self._emulator.open_connections

    @property
    def now(self) -> Milliseconds:
        """By its clock, as its handlers tell the time."""
        return self._clock.now()

    # What passed through

    @property
    def frames(self) -> list[Frame]:
        return self.journal.frames

    @property
    def invocations(self) -> list[Invocation]:
        return self.journal.invocations

    @property
    def events(self) -> list[Any]:
        """What the functions were invoked with, in the order in which they ended."""
        return [invocation.event for invocation in self.journal.invocations]

    @property
    def posts(self) -> list[Post]:
        return self.journal.posts

    @property
    def closings(self) -> list[Closed]:
        return self.journal.closings

    # What a test does

    async def connect(
        self,
        *,
        url: str | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] = (),
    ) -> ClientSocket:
        """A client's open socket. Raises Refused with the status of the handshake."""
        address = (url or self.websocket_url) + (f"?{urlencode(query)}" if query else "")
        try:
            connection = await connect(
                address,
                additional_headers=headers,
                subprotocols=[Subprotocol(name) for name in subprotocols] or None,
                compression=None,
                ping_interval=None,
            )
        except InvalidStatus as refusal:
            raise Refused(refusal.response) from refusal
        return ClientSocket(connection, self.journal)

    async def invoke(self, function: str, event: Any = None) -> Any:
        """What a function of the template returns for the event, or for `{}`: past any gateway,
        queue or schedule, as Lambda's own API invokes it. Raises FunctionError.
        """
        return decode(await self._emulator.invoke(function, {} if event is None else event))

    async def advance(self, seconds: float, *, settle_s: float = SETTLE_S) -> None:
        """It is so much later: timeouts, idle sockets, schedules, the time that handlers tell. What
        is due has begun when this returns. Functions that are running may finish first, for
        `settle_s` of the machine's time: for them no time has passed.
        """
        await self._emulator.advance(seconds, settle_s)
        for _ in range(5):
            await asyncio.sleep(0)


class RunningInThread(Running):
    """The same, for tests outside of its event loop."""

    loop: asyncio.AbstractEventLoop

    async def invoke(self, function: str, event: Any = None) -> Any:
        return await asyncio.to_thread(self.invoke_now, function, event)

    def invoke_now(self, function: str, event: Any = None) -> Any:
        invoking = super().invoke(function, event)
        return asyncio.run_coroutine_threadsafe(invoking, self.loop).result()

    async def advance(self, seconds: float, *, settle_s: float = SETTLE_S) -> None:
        await asyncio.to_thread(self.advance_now, seconds, settle_s=settle_s)

    def advance_now(self, seconds: float, *, settle_s: float = SETTLE_S) -> None:
        advancing = super().advance(seconds, settle_s=settle_s)
        asyncio.run_coroutine_threadsafe(advancing, self.loop).result()


@asynccontextmanager
async def emulator(
    template: str | os.PathLike[str],
    *,
    stage: str = "local",
    store: str = "ministack",
    data: str | os.PathLike[str] | None = None,
    region: str | None = None,
    clock: Clock | None = None,
    seed: int = 0,
    verify_signatures: bool = False,
    freeze: bool = True,
    in_process: bool = False,
    reload: bool = False,
    websocket_timeout_s: float = 29.0,
    http_timeout_s: float = 30.0,
) -> AsyncIterator[Running]:
    """Runs in the caller's event loop until the block ends. `seed` is the faults'.

    Raises LocalServerError.
    """
    clock, faults, journal = clock or Clock(), Faults(seed), Journal()
    running = Emulator(
        Settings(
            template=Path(template),
            stage=stage,
            store=store,
            data=None if data is None else Path(data),
            region=region,
            clock=clock,
            faults=faults,
            journal=journal,
            verify_signatures=verify_signatures,
            freeze=freeze,
            in_process=in_process,
            reload=reload,
            websocket_timeout_s=websocket_timeout_s,
            http_timeout_s=http_timeout_s,
        )
    )
    await running.start()
    try:
        yield Running(running, clock, faults, journal)
    finally:
        await running.stop()


@contextmanager
def emulator_in_thread(
    template: str | os.PathLike[str],
    *,
    stage: str = "local",
    store: str = "ministack",
    data: str | os.PathLike[str] | None = None,
    seed: int = 0,
    verify_signatures: bool = False,
) -> Iterator[RunningInThread]:
    """The same for synchronous tests: it runs in a thread with a loop of its own."""
    loop = new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="local_server")
    thread.start()
    context = emulator(
        template,
        stage=stage,
        store=store,
        data=data,
        seed=seed,
        verify_signatures=verify_signatures,
    )
    try:
        running = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result()
        try:
            yield running.in_thread(loop)
        finally:
            leave = context.__aexit__(None, None, None)
            asyncio.run_coroutine_threadsafe(leave, loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
