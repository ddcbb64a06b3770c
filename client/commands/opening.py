"""What commands open, as the command line says: the API, and a connection that tells of itself."""

import argparse
from collections.abc import Iterable, Mapping

from ..api import Api
from ..backoff import LAST_CEILING
from ..credentials import Credentials
from ..display import printable
from ..errors import RequestRefused
from ..gaps import Gap, Position
from ..heliograph import Heliograph
from ..states import Change, State
from ..terminal import Terminal
from ..urls import is_loopback

# Whoever restarts a service on this computer waits for its listener; there is no crowd to spread.
LAST_CEILING_HERE = 5.0


def credentials(args: argparse.Namespace) -> Credentials:
    return Credentials(args.url, args.user, args.password, args.token)


def open_api(args: argparse.Namespace, terminal: Terminal) -> Api:
    return Api(args.url, credentials(args).find_token(terminal))


def open_heliograph(
    args: argparse.Namespace,
    terminal: Terminal,
    topics: Iterable[str],
    positions: Mapping[str, Position] | None = None,
) -> Heliograph:
    """What becomes of the connection is said on stderr."""

    def announce(change: Change) -> None:
        if line := change_line(change, heliograph):
            terminal.note(line)

    def complain(error: RequestRefused) -> None:
        terminal.note(printable(str(error)))

    def tell_gap(gap: Gap) -> None:
        terminal.note(printable(f"notifications of {gap.stream} may be lost: {gap.reason}"))

    heliograph = Heliograph(
        args.url,
        credentials(args).find_token(terminal),
        topics=topics,
        websocket_url=args.websocket_url,
        patient=False,
        last_ceiling=last_ceiling(args.websocket_url or args.url),
        on_change=announce,
        on_error=complain,
        on_gap=tell_gap,
        positions=positions,
    )
    return heliograph


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
