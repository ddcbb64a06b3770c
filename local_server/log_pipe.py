"""What a worker prints, line by line."""

import asyncio
import os
from collections.abc import Callable

LogLine = Callable[[str], None]

# What a pipe holds on Linux and macOS.
_PIPE_BYTES = 64 * 1024
# A longer line is shown in parts.
LINE_BYTES = 64 * 1024


class LogPipe:
    """The reading end of a worker's standard output and error."""

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

    def finish(self) -> None:
        """An answer is here, and what was printed before it in the pipe: a last line without an
        end belongs to it, not to the next one's first.
        """
        self.drain()
        self._show_rest()

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._show_rest()

    def _show_rest(self) -> None:
        if self._rest:
            rest, self._rest = self._rest, b""
            self._log(rest.decode(errors="replace"))
