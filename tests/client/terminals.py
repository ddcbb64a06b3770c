"""A terminal that a test reads."""

import io
from collections.abc import Mapping
from pathlib import Path

from client.terminal import Terminal


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class FakeTerminal:
    """What was printed; nobody answers a prompt unless there is a password."""

    def __init__(
        self,
        home: Path,
        env: Mapping[str, str] | None = None,
        password: str | None = None,
        *,
        tty: bool = False,
    ) -> None:
        self.prompts: list[str] = []
        self._password = password
        kind = Tty if tty else io.StringIO
        self._out, self._err = kind(), kind()
        variables = {"XDG_CONFIG_HOME": str(home), **(env or {})}
        self.terminal = Terminal(self._out, self._err, variables, self._ask, lambda: 1000.0)

    @property
    def out(self) -> str:
        return self._out.getvalue()

    @property
    def err(self) -> str:
        return self._err.getvalue()

    def _ask(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if self._password is None:
            raise EOFError
        return self._password
