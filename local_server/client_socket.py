"""A client's end of a WebSocket, for tests."""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

from local_server.ids import ConnectionId
from local_server.journal import Frame, Journal

# Far above what anything takes; a frame that never comes is an error, not a hang.
PATIENCE_S = 10.0


class Refused(Exception):
    """The upgrade was answered with `status` and `body` instead of 101."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"the upgrade was refused with {response.status_code}")
        self.status = response.status_code
        self.headers = response.headers
        self.body = (response.body or b"").decode("utf-8", "replace")


class ClientSocket:
    """Sends and receives; what passed is also in `frames`, as the gateway saw it."""

    def __init__(self, connection: ClientConnection, journal: Journal) -> None:
        self.connection = connection
        self._journal = journal

    async def __aenter__(self) -> "ClientSocket":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def connection_id(self) -> ConnectionId:
        """The gateway's id of it, which a client on AWS is never told."""
        request = self.connection.request
        assert request is not None  # noqa: S101 - it is open
        return self._journal.connection_of(request.headers["Sec-WebSocket-Key"])

    @property
    def subprotocol(self) -> str | None:
        return self.connection.subprotocol

    @property
    def frames(self) -> list[Frame]:
        mine = self.connection_id
        return [frame for frame in self._journal.frames if frame.connection_id == mine]

    async def send(self, message: Any) -> None:
        """Text as it is, everything else as JSON."""
        text = message if isinstance(message, str | bytes) else json.dumps(message)
        await self.connection.send(text)

    async def receive_text(self) -> str:
        """Raises TimeoutError, and websockets' ConnectionClosed after the last frame."""
        async with asyncio.timeout(PATIENCE_S):
            received = await self.connection.recv()
        return received if isinstance(received, str) else received.decode("utf-8", "replace")

    async def receive(self) -> Any:
        """The next frame's JSON."""
        return json.loads(await self.receive_text())

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the end, once it has come. Frames before it are dropped."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed:
                return self.connection.close_code or 1006, self.connection.close_reason or ""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self.connection.close(code, reason)

    def abort(self) -> None:
        """Vanishes without a close frame."""
        self.connection.transport.abort()
