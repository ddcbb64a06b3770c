"""`listen`: notifications as they arrive."""

import argparse
import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable

from ..argument_types import positive, positive_int
from ..display import as_json, notification_line
from ..frames import Notification
from ..terminal import Terminal
from .opening import open_heliograph

SUMMARY = "print notifications as they arrive"
DESCRIPTION = (
    "Print a line for each notification: what is sent to you, to your roles, to everybody, "
    "and to the topics that you name. A lost connection is opened again. What is said about "
    "the connection goes to stderr."
)
EXAMPLES = """\
listen --topic 'orders:*'  # a line for each notification, until Ctrl-C
listen --json --count 1 --timeout 10  # one notification as JSON, for a script
"""


def add_arguments(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--topic",
        action="append",
        default=[],
        help="subscribe a topic such as orders:*; repeatable",
    )
    add_limits(parser)


def add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=positive_int, metavar="N", help="stop after N")
    parser.add_argument(
        "--timeout",
        type=positive,
        metavar="SECONDS",
        help="stop after SECONDS; exit code 1 if fewer than --count came",
    )


async def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """1 if the time ran out before `--count` notifications came."""
    async with open_heliograph(args, terminal, args.topic) as heliograph:
        return await print_arriving(
            heliograph.notifications(), args, terminal, lambda each: shown(each, args, terminal)
        )


async def print_arriving(
    notifications: AsyncIterator[Notification],
    args: argparse.Namespace,
    terminal: Terminal,
    show: Callable[[Notification], str],
) -> int:
    seen = 0
    try:
        async with asyncio.timeout(args.timeout):
            async for notification in notifications:
                terminal.say(show(notification))
                seen += 1
                if seen == args.count:
                    break
    except TimeoutError:
        if args.count:
            terminal.note(f"{args.timeout:g} s are over: {seen} of {args.count} came")
        return 1 if args.count else 0
    return 0


def shown(notification: Notification, args: argparse.Namespace, terminal: Terminal) -> str:
    if args.json:
        return as_json(dataclasses.asdict(notification))
    return notification_line(notification, coloured=terminal.coloured)
