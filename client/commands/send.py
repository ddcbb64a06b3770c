"""`send`: a notification to a user."""

import argparse

from ..display import as_json, sent_lines
from ..terminal import Terminal
from .content import add_content
from .opening import open_api

SUMMARY = "send a notification to a user"
DESCRIPTION = "Send a notification to a user; it is stored if nobody is connected."
EXAMPLES = """\
send alice Approved --message 'Loan #12 approved' --priority high
send alice,bob Lunch --user admin  # to both, as admin
send alice 'Typing …' --type typing --no-persist  # only who is connected gets it
"""


def add_arguments(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    parser.add_argument("user_to", metavar="USER", help="a user, or several: alice,bob")
    add_content(parser)


async def run(args: argparse.Namespace, terminal: Terminal) -> int:
    users = args.user_to.split(",")
    async with open_api(args, terminal) as api:
        sent = await api.send(
            users if len(users) > 1 else args.user_to,
            args.title,
            message=args.message,
            notification_type=args.type,
            priority=args.priority,
            data=args.data,
            ttl_seconds=args.ttl,
            persist=args.persist,
        )
    terminal.say(as_json(sent.body) if args.json else sent_lines(sent))
    return 0
