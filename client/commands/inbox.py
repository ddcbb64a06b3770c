"""`inbox`: what one was sent, and how it is marked."""

import argparse
import datetime
from collections.abc import Mapping

from ..api import Api
from ..argument_types import positive_int
from ..display import BOLD, as_json, count, day_and_time
from ..fields import mapping, mappings
from ..inbox import Entry, Inbox, InboxCounts, MarkedInbox
from ..tables import Column, looks_of, table
from ..terminal import Terminal
from .opening import open_api

SUMMARY = "list what you were sent, and mark it"
DESCRIPTION = (
    "List the notifications that you were sent, newest first, with their ids; or mark them. "
    "Without a command of its own it lists."
)
EXAMPLES = """\
inbox  # the newest 20
inbox --status unread --limit 100
inbox mark ntf_01 ntf_02  # as read
inbox mark ntf_01 --state unread
inbox mark-all --before 2026-01-31T12:00:00Z
inbox archive ntf_01  # for good
"""

MOST_OF_A_PAGE = 100
# The answer, what to say of it, and the exit code.
Done = tuple[Mapping[str, object], str, int]
COLUMNS = (
    Column("state"),
    Column("when"),
    Column("topic", flexible=True, optional=True),
    Column("title", flexible=True, style=BOLD),
    Column("id"),
)


def add_arguments(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    parser.set_defaults(act=list_entries)
    _add_filters(parser, status="all", limit=20)
    add = parser.add_subparsers(title="what to do", metavar="ACTION").add_parser
    listing = add("list", parents=[common], help="list (what happens without a command, too)")
    # What is not said here keeps what was said, or not, before the word `list`.
    _add_filters(listing, status=argparse.SUPPRESS, limit=argparse.SUPPRESS)
    mark = add("mark", parents=[common], help="mark notifications as read, or as --state says")
    mark.add_argument("ids", nargs="+", metavar="ID")
    mark.add_argument(
        "--state",
        choices=["seen", "read", "unread", "archived"],
        default="read",
        help="read if not given",
    )
    mark.set_defaults(act=mark_these)
    archive = add("archive", parents=[common], help="take notifications out of the inbox, for good")
    archive.add_argument("ids", nargs="+", metavar="ID")
    archive.set_defaults(act=mark_these, state="archived")
    everything = add(
        "mark-all", parents=[common], help="mark everything, or all that is older than --before"
    )
    everything.add_argument(
        "--state", choices=["seen", "read", "archived"], default="read", help="read if not given"
    )
    everything.add_argument("--before", type=_time, metavar="TIME", help="ISO 8601, with a zone")
    everything.set_defaults(act=mark_all)


def _add_filters(parser: argparse.ArgumentParser, *, status: str, limit: object) -> None:
    parser.add_argument(
        "--status",
        choices=["all", "unread", "unseen", "read", "archived"],
        default=status,
        help="only those (all)",
    )
    parser.add_argument(
        "--limit", type=positive_int, metavar="N", default=limit, help="at most so many (20)"
    )


def _time(text: str) -> str:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        example = "2026-01-31T12:00:00Z"
        raise argparse.ArgumentTypeError(f"not a time such as {example}: {text}") from None
    utc = moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds")
    return utc.replace("+00:00", "Z")


async def run(args: argparse.Namespace, terminal: Terminal) -> int:
    async with open_api(args, terminal) as api:
        done: Done = await args.act(api, args, terminal)
    body, words, status = done
    terminal.say(as_json(body) if args.json else words)
    return status


async def list_entries(api: Api, args: argparse.Namespace, terminal: Terminal) -> Done:
    pages = await _pages(api, args)
    entries = [entry for page in pages for entry in page.entries]
    bodies = [body for page in pages for body in mappings(page.body, "entries")]
    last = pages[-1]
    # The counts are those of the first page: they were right when the list began.
    joined = {"entries": bodies, "page": mapping(last.body, "page")}
    body = {**joined, "counts": mapping(pages[0].body, "counts")}
    words = table(COLUMNS, [_row(entry) for entry in entries], looks_of(terminal))
    lines = [words] if entries else ["nothing"]
    return body, "\n".join([*lines, "", counts_line(pages[0].counts)]), 0


async def _pages(api: Api, args: argparse.Namespace) -> list[Inbox]:
    pages: list[Inbox] = []
    left, cursor = args.limit, None
    while left > 0 and (cursor or not pages):
        page = await api.inbox(args.status, limit=min(left, MOST_OF_A_PAGE), cursor=cursor)
        pages.append(page)
        left, cursor = left - len(page.entries), page.next_cursor
    return pages


def _row(entry: Entry) -> list[str]:
    said = entry.notification
    text = f"{said.title} — {said.message}" if said.message else said.title
    return [_state(entry), day_and_time(said.timestamp), said.topic, text, said.id]


def _state(entry: Entry) -> str:
    if entry.archived_at:
        return "archived"
    if entry.read_at:
        return "read"
    return "seen" if entry.seen_at else "new"


async def mark_these(api: Api, args: argparse.Namespace, terminal: Terminal) -> Done:
    marked = await api.mark(args.ids, args.state)
    what = count(marked.count or 0, "notification")
    missing = (marked.count or 0) < len(set(args.ids))
    return marked.body, marked_line(what, marked, args.state), 1 if missing else 0


async def mark_all(api: Api, args: argparse.Namespace, terminal: Terminal) -> Done:
    marked = await api.mark_all(args.state, before=args.before)
    what = f"everything before {args.before}" if args.before else "everything"
    return marked.body, marked_line(what, marked, args.state), 0


def marked_line(what: str, marked: MarkedInbox, state: str) -> str:
    return f"{what} marked as {state}: {counts_line(marked.counts)}"


def counts_line(counts: InboxCounts) -> str:
    return f"{counts.unread:,} unread, {counts.unseen:,} unseen, {counts.total:,} in all"
