"""One open socket and the API behind it, with a bound on the frames in flight."""

import asyncio

from local_server.events.websocket import Peer
from local_server.gateway import Closing
from local_server.tasks import Tasks
from local_server.websocket import WebSocket
from local_server.websocket_api import WebsocketApi

# Beyond it a client is not read from until some of its frames are answered.
FRAMES_IN_FLIGHT = 100


class Conversation:
    """Hears of the socket's events. `socket` is set as soon as there is one."""

    def __init__(self, api: WebsocketApi, tasks: Tasks, peer: Peer) -> None:
        self._api = api
        self._tasks = tasks
        self._peer = peer
        self._in_flight = 0
        self.socket: WebSocket

    def on_text(self, text: str) -> None:
        # Frames of one connection run at the same time, in no order (developer guide,
        # apigateway-websocket-api-routes-integrations).
        self._in_flight += 1
        if self._in_flight == FRAMES_IN_FLIGHT:
            self.socket.pause()
        self._tasks.start(self._api.message(self._peer, text)).add_done_callback(self._answered)

    def _answered(self, _: "asyncio.Task[None]") -> None:
        self._in_flight -= 1
        if self._in_flight == FRAMES_IN_FLIGHT - 1:
            self.socket.resume()

    def on_ping(self) -> None:
        self._api.pinged(self._peer)

    def on_closed(self, closing: Closing) -> None:
        self._api.closed(self._peer, closing)
