"""`python -m local_server`: API Gateway for the serverless.yml at hand, and commands about it."""

import argparse
import os
import signal
import sys
import textwrap

from local_server.commands import NAMED, START, Command, Module
from local_server.errors import LocalServerError

_INTERRUPTED = 130  # what a shell says of a process that Ctrl-C has ended
_WIDTH = 80


def main() -> int:
    # What a command imports takes most of a second; Ctrl-C in it leaves nothing to tidy up.
    _end_on_interrupt()
    command, words = _chosen(sys.argv[1:])
    try:
        module = command.load()
        return module.run(_parser(command, module).parse_args(words))
    except LocalServerError as error:
        print(f"local_server: {error}", file=sys.stderr)
        return 2
    finally:
        # An event loop that ends has put Python's own back.
        _end_on_interrupt()


def _end_on_interrupt() -> None:
    signal.signal(signal.SIGINT, lambda *_: os._exit(_INTERRUPTED))


def _chosen(words: list[str]) -> tuple[Command, list[str]]:
    """The command if the first word names one; the emulator itself if it is an option."""
    if words and words[0] in NAMED:
        return NAMED[words[0]], words[1:]
    return START, words


def _parser(command: Command, module: Module) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m local_server {command.name}".rstrip(),
        description=textwrap.fill(command.summary, _WIDTH),
        epilog=module.EPILOG if command.name else f"{_listed()}\n{module.EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    return parser


def _listed() -> str:
    width = max(map(len, NAMED))
    lines = (f"  {name:<{width}}  {command.summary}" for name, command in NAMED.items())
    return "\n".join(("commands (python -m local_server COMMAND --help):", *lines, ""))


if __name__ == "__main__":
    sys.exit(main())
