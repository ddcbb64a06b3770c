"""One running process of a store: started on a free port, seen to answer, stopped."""

import asyncio
import http.client
import logging
import os
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

from local_server.errors import StoreError
from local_server.stores.programs import Program

logger = logging.getLogger("local_server")

_START_TIMEOUT_S = 30.0
# What is kept is written at the end; a large table takes its time.
_WRITE_TIMEOUT_S = 10.0
_POLL_S = 0.02
# It answers at once, unless the machine is very busy.
_TELL_TIMEOUT_S = 10.0
_SHOWN_LINES = 12


class StoreProcess:
    """It ends with the emulator, however that ends. `start` again, and it has the same URL."""

    _lifeline: socket.socket

    def __init__(self, program: Program, environment: Mapping[str, str]) -> None:
        self.program = program
        self._environment = environment
        self._port = _free_port()
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self._process = self._start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def _start(self) -> "subprocess.Popen[bytes]":
        self._lifeline, theirs = socket.socketpair()
        self._lifeline.settimeout(_TELL_TIMEOUT_S)
        with theirs:
            # The kernel ties it to the thread that starts it: that is the event loop's own.
            return subprocess.Popen(  # noqa: S603 - a program of ours
                self.program.command(self._port),
                env={**self._environment, **self.program.environment(self._port)},
                stdin=theirs.fileno(),
                stdout=self._output,
                stderr=self._output,
                start_new_session=True,
            )

    def start_again(self) -> None:
        self._release()
        self._process = self._start()

    async def ready(self) -> None:
        """Returns once it answers. Raises StoreError."""
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                while not await asyncio.to_thread(answers, self.url + self.program.health):
                    if self.ending() is not None:
                        raise StoreError(f"{self.program.name} did not start:\n{self.last_lines()}")
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            raise StoreError(f"{self.program.name} does not answer at {self.url}") from error

    def go_ahead(self, ahead_ms: int) -> None:
        """From when it returns on, its time is so far ahead of the machine's, if it follows.

        One that has ended is not told.
        """
        if not self.program.follows_clock:
            return
        with suppress(OSError):
            self._lifeline.sendall(b"%d\n" % ahead_ms)
            self._lifeline.recv(1)

    def ending(self) -> str | None:
        """How it ended, None while it runs."""
        status = self._process.poll()
        if status is None:
            return None
        return f"exit code {status}" if status >= 0 else f"killed by {_signal_name(-status)}"

    def last_lines(self) -> str:
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_SHOWN_LINES:])

    async def stop(self) -> None:
        if self.program.folder is not None:
            await self._let_it_write()
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._release()
        self._output.close()

    async def _let_it_write(self) -> None:
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_WRITE_TIMEOUT_S):
                while self.ending() is None:
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            name, folder = self.program.name, self.program.folder
            logger.warning("%s has not finished writing to %s", name, folder)

    def _signal(self, number: signal.Signals) -> None:
        """To its whole group: elsewhere than on Linux a program's leash is a process beside it."""
        # macOS says "not permitted" of a group that has ended.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _release(self) -> None:
        self._lifeline.close()


def answers(url: str, *, proxies: bool = False) -> bool:
    """`proxies`: by way of those that the shell names. To AWS, that is; a store is near."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(None if proxies else {}))
    try:
        with opener.open(url, timeout=1):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except (OSError, http.client.HTTPException):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
