"""The emulator's end of the processes that run handlers."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_server.errors import FunctionCrashed, FunctionRaised
from local_server.worker import HEADER
from local_server.zygote import PID, PRELOADED

LogLine = Callable[[str], None]

# -P keeps this package's folder out of sys.path: the handlers' own modules come first there.
_BOOTSTRAP = """
import sys
sys.path.insert(0, sys.argv[1])
from local_server.zygote import main
del sys.path[0]
main(int(sys.argv[2]), sys.argv[3:])
"""
# What a pipe holds on Linux and macOS.
_PIPE_BYTES = 64 * 1024
# A longer line is shown in parts.
LINE_BYTES = 64 * 1024


class Zygote:
    """Starts workers by asking a warm process to fork them."""

    def __init__(self, preloaded: Sequence[str] = PRELOADED) -> None:
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        arguments = [str(Path(__file__).resolve().parent.parent), str(theirs.fileno()), *preloaded]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-c", _BOOTSTRAP, *arguments],
            stdin=subprocess.PIPE,
            pass_fds=(theirs.fileno(),),
            # Ctrl-C in a terminal reaches the emulator alone; it tells the others.
            start_new_session=True,
        )
        theirs.close()
        self._lock = asyncio.Lock()
        self._stopped = False

    async def fork(self, setup: Mapping[str, Any], log: LogLine) -> "WorkerProcess":
        """A worker that has imported its handler. Raises FunctionError."""
        forking = asyncio.ensure_future(self._fork())
        try:
            # Shielded: a pid that nobody reads would be taken for the next worker's.
            forked = await asyncio.shield(forking)
        except asyncio.CancelledError:
            forking.add_done_callback(_discard)
            raise
        return await WorkerProcess.set_up(forked, setup, log)

    async def _fork(self) -> "_Forked":
        channel, their_channel = socket.socketpair()
        logs, their_logs = os.pipe()
        try:
            pid = await self._ask(their_channel.fileno(), their_logs)
        except BaseException:
            channel.close()
            os.close(logs)
            raise
        finally:
            their_channel.close()
            os.close(their_logs)
        return _Forked(pid, channel, logs)

    async def _ask(self, channel: int, logs: int) -> int:
        async with self._lock:
            try:
                socket.send_fds(self._control, [b"F"], [channel, logs])
                answer = await asyncio.get_running_loop().sock_recv(self._control, PID.size)
            except OSError as error:
                raise FunctionCrashed("Runtime.ExitError", "no process to fork from") from error
            finally:
                if self._stopped:
                    self._control.close()
        if len(answer) < PID.size:
            raise FunctionCrashed("Runtime.ExitError", "the process to fork from has ended")
        return int(PID.unpack(answer)[0])

    def stop(self) -> None:
        """Ends the zygote and with it every worker."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._stopped = True
        # Somebody who is still waiting hears of the end first.
        if not self._lock.locked():
            self._control.close()


@dataclass(frozen=True)
class _Forked:
    """Our ends of a new worker."""

    pid: int
    channel: socket.socket
    logs: int

    def close(self) -> None:
        self.channel.close()
        os.close(self.logs)


def _discard(forking: "asyncio.Future[_Forked]") -> None:
    if not forking.cancelled() and forking.exception() is None:
        forking.result().close()


class WorkerProcess:
    """One forked process with one imported handler."""

    def __init__(
        self,
        pid: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        logs: "LogPipe",
    ) -> None:
        self.pid = pid
        self._reader = reader
        self._writer = writer
        self._logs = logs

    @classmethod
    async def set_up(
        cls, forked: _Forked, setup: Mapping[str, Any], log: LogLine
    ) -> "WorkerProcess":
        reader, writer = await asyncio.open_connection(sock=forked.channel)
        worker = cls(forked.pid, reader, writer, LogPipe(forked.logs, log))
        try:
            await worker._exchange(b"S", setup)
        except BaseException:
            worker.kill()
            raise
        return worker

    @property
    def alive(self) -> bool:
        return not self._reader.at_eof() and not self._writer.is_closing()

    async def invoke(self, event: Any, context: Mapping[str, Any]) -> str:
        """The JSON text of the handler's result. Raises FunctionRaised, FunctionCrashed."""
        return await self._exchange(b"I", {"event": event, "context": context})

    async def _exchange(self, kind: bytes, content: Mapping[str, Any]) -> str:
        body = json.dumps(content).encode()
        try:
            self._writer.write(HEADER.pack(kind, len(body)) + body)
            answer, length = HEADER.unpack(await self._reader.readexactly(HEADER.size))
            text = (await self._reader.readexactly(length)).decode()
        except (asyncio.IncompleteReadError, OSError) as error:
            # Lambda's words when a runtime's process ends by itself.
            raise FunctionCrashed(
                "Runtime.ExitError", "Runtime exited without providing a reason"
            ) from error
        finally:
            # Whatever was printed before the answer was written is in the pipe by now.
            self._logs.drain()
        if answer == b"E":
            failure = json.loads(text)
            raise FunctionRaised(
                failure["errorType"], failure["errorMessage"], tuple(failure["stackTrace"])
            )
        return text

    def kill(self) -> None:
        """Also what the handler has started: a worker leads a process group of its own."""
        # macOS says "not permitted" of a group that has ended.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._writer.transport.abort()
        self._logs.close()


class LogPipe:
    """What a worker prints, line by line."""

    def __init__(self, descriptor: int, log: LogLine) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._log = log
        self._rest = b""
        self._open = True
        asyncio.get_running_loop().add_reader(descriptor, self.drain)

    def drain(self) -> None:
        """What the pipe holds by now, and no more: a worker may print faster than we read."""
        if not self._open:
            return
        try:
            chunk = os.read(self._descriptor, _PIPE_BYTES)
        except BlockingIOError:
            return
        if not chunk:
            self.close()
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) >= LINE_BYTES:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._log(line.decode(errors="replace"))

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        if self._rest:
            self._log(self._rest.decode(errors="replace"))
