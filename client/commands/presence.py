"""`presence`: who is online, and who is in a topic."""

import argparse
from collections.abc import Mapping

from ..api import Api
from ..argument_types import names
from ..display import as_json, count, day_and_time, printable
from ..tables import Column, looks_of, table
from ..terminal import Terminal
from .opening import open_api

SUMMARY = "who is online, who is in a topic"
DESCRIPTION = (
    "Ask who is there. Admins and services see everybody; others see themselves, who is in a topic "
    "that they are subscribed to, and what a capability `presence` covers."
)
EXAMPLES = """\
presence users alice,bob
presence topic room:1
"""


def add_arguments(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    add = parser.add_subparsers(title="of whom", metavar="WHAT", required=True).add_parser
    users = add("users", parents=[common], help="whether users are online")
    users.add_argument("users", type=names, metavar="USERS", help="up to 100: alice,bob")
    users.set_defaults(ask=of_users)
    topic = add("topic", parents=[common], help="who is in a topic")
    topic.add_argument("topic", metavar="TOPIC")
    topic.set_defaults(ask=of_topic)


async def run(args: argparse.Namespace, terminal: Terminal) -> int:
    async with open_api(args, terminal) as api:
        body, words = await args.ask(api, args, terminal)
    terminal.say(as_json(body) if args.json else words)
    return 0


async def of_users(
    api: Api, args: argparse.Namespace, terminal: Terminal
) -> tuple[Mapping[str, object], str]:
    presence = await api.presence(*args.users)
    columns = (
        Column("user", flexible=True),
        Column("online"),
        Column("connections", right=True),
        Column("since"),
    )
    rows = [
        [
            user.user_id,
            "yes" if user.online else "no",
            f"{user.connections:,}",
            day_and_time(user.since or ""),
        ]
        for user in presence.users.values()
    ]
    return presence.body, table(columns, rows, looks_of(terminal))


async def of_topic(
    api: Api, args: argparse.Namespace, terminal: Terminal
) -> tuple[Mapping[str, object], str]:
    presence = await api.topic_presence(args.topic)
    columns = (Column("user", flexible=True), Column("connections", right=True), Column("since"))
    rows = [
        [user.user_id, f"{user.connections:,}", day_and_time(user.since or "")]
        for user in presence.users
    ]
    more = " or more" if presence.truncated else ""
    total = f"{count(presence.count, 'user')}{more} in {printable(presence.topic)}"
    words = f"{table(columns, rows, looks_of(terminal))}\n\n{total}" if rows else total
    return presence.body, words
