"""How things look to people: one line a notification, small tables, few colours."""

import datetime
import json
from collections.abc import Iterable, Mapping

from .answers import Broadcasted, Receipt, Sent, Stats
from .frames import Notification

BOLD, DIM, RED, YELLOW = "1", "2", "1;31", "33"
PRIORITY_STYLES = {"urgent": RED, "high": YELLOW, "low": DIM}


def notification_line(
    notification: Notification, *, coloured: bool, zone: datetime.tzinfo | None = None
) -> str:
    """`12:00:01  high    user:alice  Approved — Loan #12 approved  (bob)`; `zone`: None is here."""

    priority = PRIORITY_STYLES.get(notification.priority)
    message = f" — {printable(notification.message)}" if notification.message else ""
    sender = printable(notification.sender.id)
    parts = [
        paint(time_of_day(notification.timestamp, zone), DIM, coloured=coloured),
        paint(f"{printable(notification.priority):<6}", priority, coloured=coloured),
        printable(notification.topic),
        paint(printable(notification.title), BOLD, coloured=coloured) + message,
        paint(f"({sender})", DIM, coloured=coloured) if sender else "",
    ]
    return "  ".join(filter(None, parts))


def paint(text: str, style: str | None, *, coloured: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if coloured and style else text


def as_json(body: Mapping[str, object]) -> str:
    """One line. What is no printable character is written as \\u001b, lest a terminal obey it."""
    text = json.dumps(body, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def day_and_time(timestamp: str, zone: datetime.tzinfo | None = None) -> str:
    """`Nov 26 19:20`"""
    try:
        moment = datetime.datetime.fromisoformat(timestamp)
    except ValueError:
        return printable(timestamp)
    return f"{moment.astimezone(zone):%b %d %H:%M}"


def printable(text: str) -> str:
    """One line without control characters: a title must not move somebody's cursor."""
    return "".join(c if c.isprintable() else " " for c in text)


def time_of_day(timestamp: str, zone: datetime.tzinfo | None = None) -> str:
    try:
        moment = datetime.datetime.fromisoformat(timestamp)
    except ValueError:
        return printable(timestamp)
    return f"{moment.astimezone(zone):%H:%M:%S}"


def sent_lines(sent: Sent) -> str:
    head = f"{sent.status.replace('_', ' ')}  {sent.notification_id}"
    return "\n".join([head, *(f"  {receipt_line(receipt)}" for receipt in sent.results)])


def receipt_line(receipt: Receipt) -> str:
    if not receipt.connections:
        return f"{receipt.user_id}: not connected"
    reached = f"{receipt.delivered} of {count(receipt.connections, 'connection')} reached"
    return f"{receipt.user_id}: {reached}" + (f", {receipt.gone} gone" if receipt.gone else "")


def broadcast_line(done: Broadcasted) -> str:
    recipients = count(done.recipients, "recipient")
    if done.dry_run:
        return f"dry run  {done.pattern}: {recipients}, nothing was sent"
    if done.broadcast_id:
        return f"queued  {done.broadcast_id}  {done.pattern}: about {recipients}"
    gone = f", {done.gone} gone" if done.gone else ""
    reached = f"{recipients}, {done.delivered} reached{gone}"
    return f"sent  {done.notification_id}  {done.pattern}: {reached}"


def stats_table(stats: Stats) -> str:
    rows = {
        "connections": stats.websocket_connections,
        "users": stats.user_connections,
        "topics": stats.topics,
        **stats.counters,
    }
    names = connected_line(stats.connections_by_user)
    return "\n".join(filter(None, [table(rows.items()), names]))


def connected_line(by_user: Mapping[str, int]) -> str:
    """`connected: alice 2, admin 1`; empty if nobody is named."""
    ranked = sorted(by_user.items(), key=lambda item: (-item[1], item[0]))
    names = ", ".join(f"{printable(name)} {number:,}" for name, number in ranked)
    return f"connected: {names}" if names else ""


def table(rows: Iterable[tuple[str, int]]) -> str:
    """Names to the left, numbers to the right."""
    cells = [(name, f"{number:,}") for name, number in rows]
    names = max(len(name) for name, _ in cells)
    numbers = max(len(number) for _, number in cells)
    return "\n".join(f"{name:<{names}}  {number:>{numbers}}" for name, number in cells)


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
