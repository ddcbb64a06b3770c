"""`invoke`: one event for one function of a running emulator."""

import argparse
import json
from typing import Any
from urllib.parse import quote

from local_server.commands.remote import add_address, ask
from local_server.errors import ServerError

EPILOG = """\
examples:
  python -m local_server invoke sweep
  python -m local_server invoke refuse --event '{"Records": []}' --port 4000
"""

# Lambda's longest, and a cold start.
_TIMEOUT_S = 15 * 60 + 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("function", metavar="NAME", help="of the function in serverless.yml")
    parser.add_argument("--event", type=_parsed, default={}, metavar="JSON", help="default: {}")
    add_address(parser)


def run(arguments: argparse.Namespace) -> int:
    """Raises ServerError."""
    path = f"functions/{quote(arguments.function, safe='')}/invocations"
    result, headers = ask(arguments, "POST", path, arguments.event, _TIMEOUT_S)
    if "X-Amz-Function-Error" in headers:
        raise ServerError(f"{arguments.function}: {result['errorType']}: {result['errorMessage']}")
    print(json.dumps(result, indent=2, ensure_ascii=False))  # noqa: T201 - this is the terminal
    return 0


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"no JSON: {error}") from error
