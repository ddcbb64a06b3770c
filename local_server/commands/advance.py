"""`advance`: it is later for a running emulator."""

import argparse

from local_server.commands.remote import add_address, call

EPILOG = """\
examples:
  python -m local_server advance 600            ten idle minutes: sockets are closed with 1001
  python -m local_server advance 7200 --port 4000
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("seconds", type=float, help="how much later")
    add_address(parser)


def run(arguments: argparse.Namespace) -> int:
    """Raises ServerError."""
    clock = call(arguments, "POST", "clock", {"advance": arguments.seconds})
    print(f"the clock is {clock['ahead_ms'] / 1000:g} s ahead")  # noqa: T201 - this is the terminal
    return 0
