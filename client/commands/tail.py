"""`tail`: what is stored of a topic, and then what comes."""

import argparse
import dataclasses
from collections import deque
from collections.abc import AsyncIterator

from ..api import Api
from ..argument_types import positive_int, whole
from ..display import DIM, as_json, notification_line, paint
from ..frames import Notification
from ..heliograph import Heliograph
from ..terminal import Terminal
from .listen import add_limits, print_arriving
from .opening import open_api, open_heliograph

SUMMARY = "follow a topic: its history, then what comes"
DESCRIPTION = (
    "Print what is stored of a topic, each with its number, and then what comes, without a gap "
    "and without repeating any. You may read the history of what you may subscribe to."
)
EXAMPLES = """\
tail orders:eu  # from the beginning, until Ctrl-C
tail orders:eu --last 10
tail orders:eu --after 120 --no-follow --json  # what follows number 120, a JSON line each
"""
MOST_OF_A_PAGE = 100


def add_arguments(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    parser.add_argument("topic", metavar="TOPIC", help="such as orders:eu, or user:alice")
    parser.add_argument("--after", type=whole, metavar="SEQ", default=0, help="behind that number")
    parser.add_argument("--last", type=positive_int, metavar="N", help="only the last N of them")
    parser.add_argument(
        "--no-follow", action="store_true", help="end where the history ends, and wait for no more"
    )
    add_limits(parser)


async def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """1 if the time ran out before `--count` notifications came."""

    def show(notification: Notification) -> str:
        return _shown(notification, args, terminal)

    async with open_api(args, terminal) as api:
        if args.no_follow:
            stored, _ = await _history(api, args)
            return await print_arriving(_each(stored), args, terminal, show)
        # Subscribed first, so that nothing falls between the history and what comes.
        async with open_heliograph(args, terminal, [args.topic]) as heliograph:
            stored, end = await _history(api, args)
            following = _follow(stored, end, heliograph, args.topic)
            return await print_arriving(following, args, terminal, show)


async def _history(api: Api, args: argparse.Namespace) -> tuple[deque[Notification], int]:
    """What is stored behind a number, and the number that it ends at."""
    found: deque[Notification] = deque(maxlen=args.last)
    after, more = args.after, True
    while more:
        page = await api.history(args.topic, after_seq=after, limit=MOST_OF_A_PAGE)
        found.extend(page.entries)
        after = page.position.seq if page.position else after
        more = page.has_more
    return found, after


async def _each(stored: deque[Notification]) -> AsyncIterator[Notification]:
    for notification in stored:
        yield notification


async def _follow(
    stored: deque[Notification], end: int, heliograph: Heliograph, topic: str
) -> AsyncIterator[Notification]:
    for notification in stored:
        yield notification
    async for notification in heliograph.notifications():
        told = notification.stream == topic and (notification.seq or end + 1) <= end
        if covers(topic, notification.topic) and not told:
            yield notification


def covers(pattern: str, topic: str) -> bool:
    """Whether a topic is the one that is followed, or below it if that ends in `:*`."""
    return topic == pattern or (pattern.endswith(":*") and topic.startswith(pattern[:-1]))


def _shown(notification: Notification, args: argparse.Namespace, terminal: Terminal) -> str:
    if args.json:
        return as_json(dataclasses.asdict(notification))
    number = f"{notification.seq:>6}" if notification.seq is not None else "     -"
    line = notification_line(notification, coloured=terminal.coloured)
    return f"{paint(number, DIM, coloured=terminal.coloured)}  {line}"
