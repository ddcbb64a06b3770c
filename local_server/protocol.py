"""Sanic's HTTP protocol, whose connections can turn into our WebSockets."""

from typing import Any

from sanic.http import Http
from sanic.server import HttpProtocol

from local_server.assumptions import Assumptions
from local_server.websocket import Events, Upgrade, WebSocket, switching_protocols


class GatewayHttp(Http):
    """HTTP/1.1 as Sanic speaks it."""

    __slots__ = ()

    def create_empty_request(self) -> None:
        """For an error's answer. A URL that cannot be read would fail, and be logged, once more."""
        self.url = None
        super().create_empty_request()


class GatewayProtocol(HttpProtocol):
    """Sanic's own WebSocket shell pings, compresses and answers before a route has decided."""

    HTTP_CLASS = GatewayHttp
    __slots__ = ("websocket",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.websocket: WebSocket | None = None

    def upgrade(
        self, upgrade: Upgrade, subprotocol: str | None, events: Events, assumed: Assumptions
    ) -> WebSocket:
        """Answers the upgrade; what the client has already sent is its first frames."""
        transport = self.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError
        transport.write(switching_protocols(upgrade, subprotocol))
        self.websocket = WebSocket(transport, events, assumed, upgrade.extensions)
        return self.websocket

    def feed_early_bytes(self) -> None:
        early = bytes(self.recv_buffer)
        self.recv_buffer.clear()
        # First: frames that are too many pause the reading again.
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()
        if self.websocket is not None and early:
            self.websocket.receive(early)

    def data_received(self, data: bytes) -> None:
        if self.websocket is None:
            super().data_received(data)
        else:
            self.websocket.receive(data)

    def eof_received(self) -> bool | None:
        if self.websocket is not None:
            self.websocket.receive_eof()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self.websocket is not None:
            self.websocket.lost()
        super().connection_lost(exc)  # type: ignore[no-untyped-call]

    def close(self, timeout: float | None = None) -> None:
        """Sanic closes when a request is done; an upgraded one has only begun."""
        if self.websocket is None:
            super().close(timeout=timeout)

    def close_if_idle(self) -> bool:
        return self.websocket is None and bool(super().close_if_idle())
