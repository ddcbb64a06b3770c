"""`load`: many connections, notifications at a rate, and percentiles."""

import argparse
import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from .. import handshake, urls
from ..api import Api
from ..argument_types import positive, positive_int
from ..connection import Socket
from ..credentials import UsageError
from ..display import as_json
from ..load.accounts import made_users
from ..load.crowd import Crowd
from ..load.open_files import check_open_files, open_files_limit
from ..load.plan import Plan
from ..load.report import progress_line, summary, summary_words
from ..load.sender import Sender
from ..load.tally import Tally
from ..terminal import Terminal
from .opening import credentials

SUMMARY = "open many connections, send at a rate, measure"
DESCRIPTION = (
    "Open connections evenly over a ramp, subscribe, and send, if you say so, at a steady rate; "
    "then say how long connecting took, how long notifications were on their way, and what went "
    "wrong. Lost connections are counted, not opened again. Ctrl-C ends it with what was measured "
    "so far; the exit code is 1 if anything failed, or not all were opened."
)
EXAMPLES = """\
load --connections 20 --duration 10  # as yourself: a user may hold 20
load --connections 500 --make-users 25 --send 20 --duration 30
load --connections 5000 --tokens tokens.txt --ramp 60 --json
"""
PROGRESS_ON_TERMINAL, PROGRESS_IN_A_LOG = 0.5, 5.0
# What was sent last may still be on its way.
LAST_WAIT = 2.0


def add_arguments(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--connections", type=positive_int, default=10, metavar="N", help="how many (10)")
    add("--ramp", type=positive, default=1.0, metavar="SECONDS", help="open them in that time (1)")
    add("--duration", type=positive, metavar="SECONDS", help="from when all have come")
    add("--topic", action="append", default=[], help="all of them subscribe it; repeatable")
    add("--send", type=positive, metavar="RATE", help="so many notifications a second")
    add(
        "--to",
        metavar="TARGET",
        help="a topic or user:NAME (the first --topic, else a topic of its own)",
    )
    add(
        "--tokens",
        type=Path,
        metavar="FILE",
        help="connect with these access tokens in turn, one a line, and not as yourself",
    )
    add(
        "--make-users",
        type=positive_int,
        metavar="N",
        help="connect as N users, made for this and removed again; you are an admin",
    )


async def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """1 if anything failed."""
    if args.tokens and args.make_users:
        raise UsageError("give --tokens or --make-users, not both")
    check_open_files(args.connections, open_files_limit())
    run_id = secrets.token_hex(4)
    plan, tally = _plan(args, run_id), Tally()
    async with (
        Api(args.url, credentials(args).find_token(terminal)) as api,
        _tokens(args, api, run_id, terminal) as tokens,
    ):
        crowd = Crowd(plan, tokens, _socket_opener(args), tally, run_id, time.monotonic)
        sender = Sender(api, plan.target, tally, run_id, time.monotonic)
        began = time.monotonic()
        async with _progress(plan, tally, terminal):
            await _measure(plan, tally, crowd, sender)
        seconds = time.monotonic() - began
        report = as_json(summary(plan, tally, seconds))
        terminal.say(report if args.json else summary_words(plan, tally, seconds))
    return 1 if tally.failed or tally.connected < plan.connections else 0


def _plan(args: argparse.Namespace, run_id: str) -> Plan:
    own = f"load:{run_id}"
    target = args.to or (args.topic[0] if args.topic else own)
    topics = dict.fromkeys([*args.topic, *([own] if target == own else [])])
    return Plan(args.connections, args.ramp, tuple(topics), target, args.send, args.duration)


@asynccontextmanager
async def _tokens(
    args: argparse.Namespace, api: Api, run_id: str, terminal: Terminal
) -> AsyncIterator[list[str]]:
    if args.make_users:
        async with made_users(api, args.make_users, run_id, terminal.note) as tokens:
            yield tokens
    elif args.tokens:
        yield _tokens_in(args.tokens)
    else:
        yield [await api.tokens.current()]


def _tokens_in(path: Path) -> list[str]:
    try:
        tokens = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if not tokens:
        raise UsageError(f"no token in {path}")
    return tokens


def _socket_opener(args: argparse.Namespace) -> Callable[[str], Awaitable[Socket]]:
    url = args.websocket_url or urls.websocket_url(args.url)
    return lambda token: handshake.open_socket(url, token, "query")


async def _measure(plan: Plan, tally: Tally, crowd: Crowd, sender: Sender) -> None:
    """Ends when the time is over, when no connection is left, or with Ctrl-C."""
    staying = asyncio.create_task(crowd.stay())
    coming = asyncio.create_task(crowd.complete.wait())
    sending: asyncio.Task[None] | None = None
    began: float | None = None
    try:
        await asyncio.wait({staying, coming}, return_when=asyncio.FIRST_COMPLETED)
        began = time.monotonic()
        if plan.rate:
            sending = asyncio.create_task(sender.keep(plan.rate))
        await asyncio.wait({staying}, timeout=plan.duration)
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None:
            task.uncancel()  # Ctrl-C is how it ends: what was measured is still to be said.
    finally:
        tally.sending = time.monotonic() - began if began else 0.0
        if sending:
            await _stop(sending)
            await asyncio.wait({staying}, timeout=LAST_WAIT)
        await _stop(staying)
        await _stop(coming)


async def _stop(task: asyncio.Task[object]) -> None:
    """Raises: what it died of."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def _progress(plan: Plan, tally: Tally, terminal: Terminal) -> AsyncIterator[None]:
    showing = asyncio.create_task(_show(plan, tally, terminal))
    try:
        yield
    finally:
        await _stop(showing)
        if terminal.shows_progress:
            terminal.progress("")


async def _show(plan: Plan, tally: Tally, terminal: Terminal) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(PROGRESS_ON_TERMINAL if terminal.shows_progress else PROGRESS_IN_A_LOG)
        line = progress_line(plan, tally, time.monotonic() - began)
        (terminal.progress if terminal.shows_progress else terminal.note)(line)
