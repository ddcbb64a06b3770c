"""The emulator's end of one worker: frames over a socket, and signals to its process group."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

import msgspec

from local_server.errors import FunctionCrashed, FunctionError, FunctionRaised
from local_server.log_pipe import LogLine, LogPipe
from local_server.worker import HEADER

Answer = tuple[bytes, bytes]
Answered = Callable[[Answer], None]

# 6 MB and what Lambda's own envelope may take.
RESULT_BYTES = 6 * 1024 * 1024 + 100
_ENDED: Answer = (b"X", b"")


class NeverStarted(Exception):
    """The socket closed before a worker was there to say who it is."""


class WorkerProcess(asyncio.Protocol):
    """One forked process with one imported handler. It answers one frame at a time."""

    def __init__(self, log: LogLine, *, freezes: bool) -> None:
        self._log = log
        self._freezes = freezes
        self._frozen = False
        self._pid = 0
        self._received = b""
        self._answered: Answered | None = None
        self._ended = False
        self._closed = asyncio.Event()
        self._logs: LogPipe | None = None
        self._transport: asyncio.Transport | None = None

    # Its life

    async def open(self, channel: socket.socket, logs: int) -> None:
        """Returns once the worker has said who it is. Raises NeverStarted."""
        self._logs = LogPipe(logs, self._log)
        loop = asyncio.get_running_loop()
        pid: asyncio.Future[Answer] = loop.create_future()
        self._answered = _into(pid)
        try:
            await loop.create_unix_connection(lambda: self, sock=channel)
        except BaseException:
            channel.close()
            self._closed.set()
            raise
        kind, body = await pid
        if kind != b"P":
            raise NeverStarted
        self._pid = int(body)

    async def set_up(self, setup: Mapping[str, Any]) -> None:
        """Returns once the handler is loaded. Raises FunctionError."""
        ready: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._send(b"S", msgspec.json.encode(setup), _into(ready))
        checked(await ready)

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def is_ready(self) -> bool:
        """Whether it waits for an event. One that owes an answer does not."""
        return not self._ended and self._answered is None

    def kill(self) -> None:
        """Also what the handler has started: a worker leads a process group of its own. Its socket
        is closed in the loop's next turn: see `closed`.
        """
        self._signal(signal.SIGKILL)
        self._end()
        if self._transport is not None:
            self._transport.abort()

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    async def closed(self) -> None:
        """Returns once nothing of it is open here any more."""
        await self._closed.wait()

    # Its work

    def invoke(self, body: bytes, answered: Answered) -> None:
        """`body` is JSON: a request id, `ahead_ms`, an event. The answer is for `checked`."""
        self._send(b"I", body, answered)

    def _freeze(self) -> None:
        """Between events Lambda gives a sandbox no time at all, its threads neither
        (docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
        """
        self._frozen = True
        self._signal(signal.SIGSTOP)

    def _thaw(self) -> None:
        if self._frozen:
            self._frozen = False
            self._signal(signal.SIGCONT)

    def _send(self, kind: bytes, body: bytes, answered: Answered) -> None:
        self._answered = answered
        if self._ended or self._transport is None:
            self._answer(_ENDED)
            return
        self._transport.write(HEADER.pack(kind, False, len(body)) + body)
        # Afterwards: it is woken once, and finds the event.
        self._thaw()

    def _answer(self, answer: Answer) -> None:
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(answer)

    def _signal(self, number: signal.Signals) -> None:
        # macOS says "not permitted" of a group that has ended.
        with suppress(ProcessLookupError, PermissionError):
            if self._pid:
                os.killpg(self._pid, number)

    def _end(self) -> None:
        self._ended = True
        if self._logs is not None:
            self._logs.drain()
            self._logs.close()
        self._answer(_ENDED)

    # What the event loop says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # It was killed while it connected.
        if self._ended:
            self._transport.abort()

    def data_received(self, chunk: bytes) -> None:
        self._received += chunk
        while len(self._received) >= HEADER.size:
            kind, has_company, length = HEADER.unpack_from(self._received)
            end = HEADER.size + length
            if len(self._received) < end:
                return
            body, self._received = self._received[HEADER.size : end], self._received[end:]
            # One that is alone does nothing but wait, and stopping it would take its time.
            if has_company and self._freezes:
                self._freeze()
            self._on_frame(kind, body)

    def _on_frame(self, kind: bytes, body: bytes) -> None:
        if kind == b"X":
            self._ended = True
        if self._logs is not None:
            self._logs.finish()
        self._answer((kind, body))

    def connection_lost(self, error: Exception | None) -> None:
        self._end()
        self._closed.set()


def _into(future: "asyncio.Future[Answer]") -> Answered:
    """Whoever waits may have given up."""
    return lambda answer: None if future.done() else future.set_result(answer)


def checked(answer: Answer) -> bytes:
    """The body of a good answer. Raises FunctionRaised, FunctionCrashed."""
    kind, body = answer
    if kind == b"E":
        raise _raised(body)
    if kind == b"X":
        raise _crashed(int(body or 0))
    return body


def result_of(answer: Answer) -> bytes:
    """Of an invocation. Raises FunctionRaised, FunctionCrashed."""
    result = checked(answer)
    if len(result) > RESULT_BYTES:
        raise FunctionRaised(
            "Function.ResponseSizeTooLarge",
            f"Response payload size ({len(result)} bytes) exceeded maximum allowed payload size "
            f"({RESULT_BYTES} bytes).",
        )
    return result


def _raised(body: bytes) -> FunctionError:
    failed = msgspec.json.decode(body)
    return FunctionRaised(
        failed["errorType"],
        failed["errorMessage"],
        tuple(failed["stackTrace"]),
        traceback=failed["traceback"],
        place=failed["place"],
    )


def _crashed(status: int) -> FunctionError:
    """Lambda's words when a runtime's process ends by itself."""
    if status:
        reason = f"Runtime exited with error: exit status {status}"
    else:
        reason = "Runtime exited without providing a reason"
    return FunctionCrashed("Runtime.ExitError", reason)
