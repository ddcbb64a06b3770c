"""Where the command line reads and writes; a test brings its own."""

import getpass
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self, TextIO


@dataclass(frozen=True, slots=True)
class Terminal:
    """`out` is for results, `err` for everything said about them. `now`: seconds since 1970."""

    out: TextIO
    err: TextIO
    env: Mapping[str, str]
    ask_password: Callable[[str], str]
    now: Callable[[], float] = time.time

    @classmethod
    def of_process(cls) -> Self:
        return cls(sys.stdout, sys.stderr, os.environ, _ask_password)

    @property
    def coloured(self) -> bool:
        """Whether `out` shows colours; see https://no-color.org."""
        wanted = not self.env.get("NO_COLOR") and self.env.get("TERM") != "dumb"
        return wanted and self.out.isatty()

    @property
    def width(self) -> int | None:
        """In cells; None where `out` is no terminal, so that nothing is cut."""
        return shutil.get_terminal_size().columns if self.out.isatty() else None

    def say(self, line: str) -> None:
        # Flushed: a script that reads our lines shall not wait for a full buffer.
        print(line, file=self.out, flush=True)

    def note(self, line: str) -> None:
        print(line, file=self.err, flush=True)

    def show_again(self, text: str) -> None:
        """In place of what was shown before, where `out` is a terminal."""
        self.say(f"\x1b[H\x1b[J{text}" if self.redraws else text)

    def progress(self, line: str) -> None:
        """A line on stderr in place of the last one; an empty one takes it away."""
        self.err.write(f"\r\x1b[K{line}")
        self.err.flush()

    @property
    def redraws(self) -> bool:
        return self.out.isatty() and self.env.get("TERM") != "dumb"

    @property
    def shows_progress(self) -> bool:
        return self.err.isatty() and self.env.get("TERM") != "dumb"


def _ask_password(prompt: str) -> str:
    """Raises: EOFError if there is nobody to ask."""
    if not sys.stdin.isatty():
        raise EOFError
    # asyncio turns Ctrl-C into a cancellation, which a prompt that blocks its loop never sees.
    asyncios = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return getpass.getpass(prompt)
    finally:
        signal.signal(signal.SIGINT, asyncios)
