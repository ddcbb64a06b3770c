"""The emulator's end of the process that workers are forked from."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from local_server.errors import FunctionCrashed
from local_server.log_pipe import LogLine
from local_server.worker_process import NeverStarted, WorkerProcess
from local_server.zygote import PRELOADED

# -P keeps this package's folder out of sys.path: the handlers' own modules come first there.
_BOOTSTRAP = """
import sys
sys.path.insert(0, sys.argv[1])
from local_server.zygote import main
del sys.path[0]
main(int(sys.argv[2]), sys.argv[3:])
"""
# As many requests as its socket holds in any case.
_AT_ONCE = 32


class Zygote:
    """Starts workers by asking a warm process to fork them; starts that anew if it has ended."""

    def __init__(self, preloaded: Sequence[str] = PRELOADED, *, freezes: bool = False) -> None:
        self._preloaded = preloaded
        self._freezes = freezes
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._stopped = False
        self._workers: set[WorkerProcess] = set()
        self._start()

    def _start(self) -> None:
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        root = str(Path(__file__).resolve().parent.parent)
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-c", _BOOTSTRAP, root, str(theirs.fileno()), *self._preloaded],
            stdin=subprocess.PIPE,
            pass_fds=(theirs.fileno(),),
            # Ctrl-C in a terminal reaches the emulator alone; it tells the others.
            start_new_session=True,
        )
        theirs.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def fork(self, setup: Mapping[str, Any], log: LogLine) -> WorkerProcess:
        """A worker that has imported its handler. Raises FunctionError."""
        async with self._places:
            worker = await self._forked(log)
        try:
            await worker.set_up(setup)
        except BaseException:
            worker.kill()
            raise
        return worker

    async def _forked(self, log: LogLine) -> WorkerProcess:
        asked = self._process
        try:
            return await self._fork(log)
        except (NeverStarted, OSError):
            self._replace(asked)
        try:
            return await self._fork(log)
        except (NeverStarted, OSError) as error:
            raise _no_process() from error

    async def _fork(self, log: LogLine) -> WorkerProcess:
        channel, their_channel = socket.socketpair()
        logs, their_logs = os.pipe()
        try:
            socket.send_fds(self._control, [b"F"], [their_channel.fileno(), their_logs])
        except OSError:
            channel.close()
            os.close(logs)
            raise
        finally:
            their_channel.close()
            os.close(their_logs)
        worker = self._known(WorkerProcess(log, freezes=self._freezes))
        try:
            await worker.open(channel, logs)
        except BaseException:
            worker.kill()
            raise
        return worker

    def _known(self, worker: WorkerProcess) -> WorkerProcess:
        self._workers = {one for one in self._workers if not one.is_closed} | {worker}
        return worker

    def _replace(self, ended: "subprocess.Popen[bytes]") -> None:
        """Workers end with the process they were forked from; new ones need a new one."""
        if ended is self._process and not self._stopped and self._has_ended():
            self._end()
            self._start()

    def _has_ended(self) -> bool:
        """If it has not, it could not fork, and lives on for the workers it has."""
        try:
            return not self._control.recv(1)
        except BlockingIOError:
            return False
        except OSError:
            return True

    async def stop(self) -> None:
        """Ends the zygote and every worker, also one that is only being forked. Returns once their
        channels are closed: the event loop may be over a moment later.
        """
        self._stopped = True
        self._end()
        for worker in self._workers:
            worker.kill()
        await asyncio.gather(*(worker.closed() for worker in self._workers))

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            with suppress(OSError):
                self._process.stdin.close()
        self._control.close()


def _no_process() -> FunctionCrashed:
    return FunctionCrashed("Runtime.ExitError", "no process to fork from")
