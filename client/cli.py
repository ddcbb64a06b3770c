"""The command line: its exit codes, and its words for what goes wrong."""

import argparse
import asyncio
import os
from collections.abc import Sequence
from urllib.parse import urlsplit

from .arguments import PROGRAM, parse
from .credentials import UsageError
from .display import printable
from .errors import HeliographError, Unreachable
from .terminal import Terminal
from .urls import is_loopback

OK, REFUSED, USAGE, INTERRUPTED = 0, 1, 2, 130


def installed() -> int:
    """The command that the package installs."""
    return main(program="heliograph")


def main(
    argv: Sequence[str] | None = None, terminal: Terminal | None = None, program: str = PROGRAM
) -> int:
    terminal = terminal or Terminal.of_process()
    args = parse(argv, terminal.env, program)
    try:
        status = asyncio.run(run(args, terminal))
        terminal.out.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # It has been noted, if it is worth it. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), terminal.out.fileno())
        return OK if isinstance(error, BrokenPipeError) else REFUSED
    return status


async def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """The exit code of a parsed command line."""
    try:
        status: int = await args.run(args, terminal)
    except UsageError as error:
        terminal.note(f"error: {error}")
        return USAGE
    except Unreachable as error:
        where = error.url if args.websocket_url else args.url
        terminal.note(f"cannot reach {where}: {_advice(error)}")
        return REFUSED
    except HeliographError as error:
        terminal.note(printable(str(error)))
        return REFUSED
    except BrokenPipeError:
        raise  # Whoever read our lines has enough.
    except (OSError, ImportError) as error:
        # A file, or the disk is full; a proxy that wants a package that is not there.
        terminal.note(printable(f"error: {error}"))
        return REFUSED
    return status


def _advice(error: Unreachable) -> str:
    if not is_loopback(error.url):
        return error.reason
    encrypted = urlsplit(error.url).scheme in ("https", "wss")
    hint = " (the emulator speaks http://)" if encrypted else ""
    return f"is `make run` running?{hint}"
