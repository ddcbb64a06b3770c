"""A page that watches the time line over a WebSocket: it gets what is new, and what it missed."""

import asyncio
from typing import cast

from local_server.assumptions import Assumptions
from local_server.clock import Clock
from local_server.fast_json import encode
from local_server.feed import Feed
from local_server.gateway import Closing
from local_server.protocol import GatewayProtocol
from local_server.requests import Request
from local_server.websocket import BufferFull, WebSocket, negotiate

# Entries come in swarms: one event makes five of them.
_GATHER_S = 0.03
# A page that reads too slowly is given time.
_AGAIN_S = 0.3


class Watcher:
    """Holds a position in the feed and nothing else, however slow its page is."""

    socket: WebSocket

    def __init__(self, feed: Feed, clock: Clock, position: int) -> None:
        self._feed = feed
        self._clock = clock
        self._position = position
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        hello = {"run": self._feed.run, "end": self._feed.end, "ahead_ms": self._clock.ahead_ms}
        self.socket.post(encode(hello))
        self._feed.watch(self.notice)
        self._send()

    def notice(self) -> None:
        """There is something new."""
        if self._next is None:
            self._next = asyncio.get_running_loop().call_later(_GATHER_S, self._send)

    def _send(self) -> None:
        self._next = None
        first, entries = self._feed.after(self._position)
        if not entries:
            return
        try:
            self.socket.post(b'{"first":%d,"entries":[%b]}' % (first, b",".join(entries)))
        except BufferFull:
            self._next = asyncio.get_running_loop().call_later(_AGAIN_S, self._send)
            return
        self._position = first + len(entries) - 1
        if self._position < self._feed.end:
            self.notice()

    # What the socket says

    def on_text(self, text: str) -> None:
        """Nothing is asked this way."""

    def on_ping(self) -> None:
        """Answered by the socket itself."""

    def on_closed(self, closing: Closing) -> None:
        self._feed.leave(self.notice)
        if self._next is not None:
            self._next.cancel()


def watch(request: Request, protocol: object, feed: Feed, clock: Clock) -> None:
    """Takes the connection over. `after={run}.{position}` is what the page has seen.

    Raises BadUpgrade, ConnectionResetError.
    """
    # Of the emulator and its own page: nothing of it is played.
    plain = Assumptions()
    upgrade = negotiate(request, plain)
    gateway = cast(GatewayProtocol, protocol)
    watcher = Watcher(feed, clock, _position(request, feed))
    watcher.socket = gateway.upgrade(upgrade, None, watcher, plain)
    watcher.start()
    gateway.feed_early_bytes()


def _position(request: Request, feed: Feed) -> int:
    run, _, position = dict(request.query_pairs).get("after", "").partition(".")
    return int(position) if run == feed.run and position.isdecimal() else 0
