"""What `python -m local_server` can be told to do, one module a command.

A command's module has an `EPILOG` for --help, `add_arguments(parser)`, and `run(arguments)`, which
returns the exit code and raises LocalServerError. To add one: write the module, name it in NAMED.
It is imported only when it is asked for: until then Ctrl-C meets nothing half made.
"""

import argparse
import importlib
from dataclasses import dataclass
from typing import Protocol, cast

from local_server.errors import ServerError

_OURS = "local_server"


class Module(Protocol):
    EPILOG: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


@dataclass(frozen=True)
class Command:
    """One of them; `name` is empty for what runs if nothing is named."""

    name: str
    summary: str

    def load(self) -> Module:
        """Raises ServerError if a package is missing that it needs."""
        try:
            module = importlib.import_module(f"{__name__}.{self.name or 'start'}")
        except ModuleNotFoundError as error:
            if str(error.name).startswith(_OURS):
                raise
            raise ServerError(
                f"{error.name} is not installed: `python -m local_server doctor` says what to do"
            ) from error
        return cast(Module, module)


START = Command(
    "",
    "Plays Amazon API Gateway (WebSocket and HTTP APIs) in front of unchanged Python Lambda "
    "handlers, as any project's serverless.yml describes them.",
)
NAMED = {
    command.name: command
    for command in (
        Command("doctor", "Says what would keep the emulator from running, and why."),
        Command("advance", "Moves the clock of a running emulator."),
        Command("invoke", "Invokes a function in a running emulator and prints its result."),
        Command("fault", "Lets things go wrong in a running emulator."),
    )
}
