"""What each command of the command line does."""

import argparse
import asyncio
import dataclasses
import datetime
import json
from collections.abc import Mapping

from client.api import Api
from client.backoff import LAST_CEILING
from client.credentials import Credentials, save
from client.display import (
    broadcast_line,
    notification_line,
    printable,
    sent_lines,
    stats_table,
    time_of_day,
)
from client.errors import RequestRefused
from client.frames import Notification
from client.heliograph import Heliograph
from client.states import Change, State
from client.terminal import Terminal
from client.urls import is_loopback

# Whoever restarts a service on this computer waits for its listener; there is no crowd to spread.
LAST_CEILING_HERE = 5.0


async def login(args: argparse.Namespace, terminal: Terminal) -> int:
    answer = await _credentials(args).password_login(terminal).login()
    saved = save(answer, args.url, terminal)
    until = datetime.datetime.fromtimestamp(saved.expires_at, datetime.UTC).isoformat()
    roles = f" ({', '.join(answer.user.roles)})" if answer.user.roles else ""
    line = f"logged in as {saved.user}{roles} until {time_of_day(until)}"
    terminal.say(_as_json(answer.body) if args.json else line)
    return 0


async def send(args: argparse.Namespace, terminal: Terminal) -> int:
    users = args.user_to.split(",")
    async with _api(args, terminal) as api:
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
    terminal.say(_as_json(sent.body) if args.json else sent_lines(sent))
    return 0


async def broadcast(args: argparse.Namespace, terminal: Terminal) -> int:
    async with _api(args, terminal) as api:
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
    terminal.say(_as_json(done.body) if args.json else broadcast_line(done))
    return 0


async def stats(args: argparse.Namespace, terminal: Terminal) -> int:
    async with _api(args, terminal) as api:
        numbers = await api.stats()
    terminal.say(_as_json(numbers.body) if args.json else stats_table(numbers))
    return 0


async def listen(args: argparse.Namespace, terminal: Terminal) -> int:
    """1 if the time ran out before `--count` notifications came."""

    def announce(change: Change) -> None:
        if line := change_line(change, heliograph):
            terminal.note(line)

    def complain(error: RequestRefused) -> None:
        terminal.note(printable(str(error)))

    heliograph = Heliograph(
        args.url,
        _credentials(args).find_token(terminal),
        topics=args.topic,
        websocket_url=args.websocket_url,
        patient=False,
        last_ceiling=last_ceiling(args.websocket_url or args.url),
        on_change=announce,
        on_error=complain,
    )
    async with heliograph:
        return await _print_arriving(heliograph, args, terminal)


async def _print_arriving(
    heliograph: Heliograph, args: argparse.Namespace, terminal: Terminal
) -> int:
    seen = 0
    try:
        async with asyncio.timeout(args.timeout):
            async for notification in heliograph.notifications():
                terminal.say(_shown(notification, args, terminal))
                seen += 1
                if seen == args.count:
                    break
    except TimeoutError:
        if args.count:
            terminal.note(f"{args.timeout:g} s are over: {seen} of {args.count} came")
        return 1 if args.count else 0
    return 0


def last_ceiling(url: str) -> float:
    """The longest wait between two tries, in seconds."""
    return LAST_CEILING_HERE if is_loopback(url) else LAST_CEILING


def change_line(change: Change, heliograph: Heliograph) -> str:
    """What is worth saying about a new state; how it ends is said elsewhere."""
    if change.state is State.CONNECTED and (welcome := heliograph.welcome):
        topics = ", ".join(welcome.subscriptions)
        return printable(f"connected as {welcome.user_id} ({welcome.connection_id}): {topics}")
    if change.state is State.RECOVERING:
        when = f"in {change.retry_in:.1f} s" if change.retry_in else "now"
        return printable(f"reconnecting {when}: {change.error}")
    return ""


def _shown(notification: Notification, args: argparse.Namespace, terminal: Terminal) -> str:
    if args.json:
        return _as_json(dataclasses.asdict(notification))
    return notification_line(notification, coloured=terminal.coloured)


def _api(args: argparse.Namespace, terminal: Terminal) -> Api:
    return Api(args.url, _credentials(args).find_token(terminal))


def _credentials(args: argparse.Namespace) -> Credentials:
    return Credentials(args.url, args.user, args.password, args.token)


def _as_json(body: Mapping[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False)
