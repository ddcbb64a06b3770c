"""Talking to an emulator that runs already."""

import argparse
import json
import urllib.error
import urllib.request
from email.message import Message
from typing import Any

from local_server.errors import ServerError

_TIMEOUT_S = 10.0


def add_address(parser: argparse.ArgumentParser) -> None:
    """Where it runs: `url`, `port`."""
    parser.add_argument("--port", type=int, default=3001, help="of the emulator (default: 3001)")
    parser.add_argument("--url", help="instead, for one on another host")


def call(arguments: argparse.Namespace, method: str, path: str, body: Any = None) -> Any:
    """The answer of /_local/{path}. Raises ServerError."""
    return ask(arguments, method, path, body)[0]


def ask(
    arguments: argparse.Namespace,
    method: str,
    path: str,
    body: Any = None,
    timeout_s: float = _TIMEOUT_S,
) -> tuple[Any, Message]:
    """With its headers. Raises ServerError."""
    origin = (arguments.url or f"http://127.0.0.1:{arguments.port}").rstrip("/")
    if not origin.startswith(("http://", "https://")):
        raise ServerError(f"--url {origin}: http://… is expected")
    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
        f"{origin}/_local/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    # No proxy: the emulator is near.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout_s) as answer:
            return json.loads(answer.read() or b"null"), answer.headers
    except urllib.error.HTTPError as error:
        raise ServerError(_reason(error.read()) or f"{origin} answers {error.code}") from error
    except (OSError, ValueError) as error:
        raise ServerError(f"no emulator answers at {origin}: {error}") from error


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, LookupError, TypeError):
        return ""
