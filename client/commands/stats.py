"""`stats`: the numbers of the service, once or again and again."""

import argparse
import asyncio

from ..argument_types import positive
from ..display import as_json, stats_table, time_of_day
from ..terminal import Terminal
from .opening import open_api

SUMMARY = "who is connected, what was sent"
DESCRIPTION = "The numbers of the service."
EXAMPLES = """\
stats
stats --watch  # every 2 seconds, until Ctrl-C
stats --watch 10 --json  # a line every 10 seconds, for a script
"""
INTERVAL = 2.0


def add_arguments(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--watch",
        type=positive,
        nargs="?",
        const=INTERVAL,
        metavar="SECONDS",
        help=f"again every SECONDS ({INTERVAL:g}), until Ctrl-C",
    )


async def run(args: argparse.Namespace, terminal: Terminal) -> int:
    async with open_api(args, terminal) as api:
        while True:
            stats = await api.stats()
            if args.json:
                terminal.say(as_json(stats.body))
            elif args.watch is None:
                terminal.say(stats_table(stats))
            else:
                heading = f"{args.url}  {time_of_day(stats.timestamp)}"
                terminal.show_again(f"{heading}\n\n{stats_table(stats)}\n")
            if args.watch is None:
                return 0
            await asyncio.sleep(args.watch)
