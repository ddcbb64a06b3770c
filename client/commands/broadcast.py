"""`broadcast`: a notification to everybody under a topic."""

import argparse

from ..display import as_json, broadcast_line
from ..terminal import Terminal
from .content import add_content
from .opening import open_api

SUMMARY = "send one to all under a pattern"
DESCRIPTION = "Send a notification to everybody who subscribed a topic."
EXAMPLES = """\
broadcast role:admin 'Disk is full' --data '{"host": "db-1"}'
broadcast '*' Hello --dry-run  # how many would hear it
"""


def add_arguments(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    parser.add_argument("pattern", metavar="PATTERN", help="role:admin, orders:*, or * for all")
    add_content(parser)
    parser.add_argument(
        "--exclude", action="append", metavar="USER", help="not to this user; repeatable"
    )
    parser.add_argument("--dry-run", action="store_true", help="count the recipients, send nothing")


async def run(args: argparse.Namespace, terminal: Terminal) -> int:
    async with open_api(args, terminal) as api:
        done = await api.broadcast(
            args.pattern,
            args.title,
            message=args.message,
            notification_type=args.type,
            priority=args.priority,
            data=args.data,
            ttl_seconds=args.ttl,
            persist=None if args.persist is None else "stream" if args.persist else "none",
            exclude_user_ids=args.exclude or None,
            dry_run=args.dry_run or None,
        )
    terminal.say(as_json(done.body) if args.json else broadcast_line(done))
    return 0
