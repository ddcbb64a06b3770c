"""The commands of the command line: a module each, all of one shape."""

import argparse
from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import Protocol, cast

from ..terminal import Terminal
from . import broadcast, completion, inbox, listen, load, login, presence, send, stats, tail


class Command(Protocol):
    """`EXAMPLES`: command lines without the program's name, each with what it does behind `  # `.

    `common`: a parent for the parsers of commands of its own.
    """

    SUMMARY: str
    DESCRIPTION: str
    EXAMPLES: str

    def add_arguments(
        self, parser: argparse.ArgumentParser, common: argparse.ArgumentParser
    ) -> None: ...

    def run(self, args: argparse.Namespace, terminal: Terminal) -> Awaitable[int]: ...


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "login": cast(Command, login),
        "listen": cast(Command, listen),
        "send": cast(Command, send),
        "broadcast": cast(Command, broadcast),
        "inbox": cast(Command, inbox),
        "presence": cast(Command, presence),
        "stats": cast(Command, stats),
        "tail": cast(Command, tail),
        "load": cast(Command, load),
        "completion": cast(Command, completion),
    }
)
