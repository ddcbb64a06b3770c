"""Where the command line reads and writes; a test brings its own."""

import getpass
import os
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

    def say(self, line: str) -> None:
        # Flushed: a script that reads our lines shall not wait for a full buffer.
        print(line, file=self.out, flush=True)

    def note(self, line: str) -> None:
        print(line, file=self.err, flush=True)


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
