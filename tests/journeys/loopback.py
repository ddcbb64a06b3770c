"""The gateway of the scenarios, for clients that bring sockets of their own."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from client.errors import HeliographError
from tests.client.in_memory import InMemoryGateway, Line
from tests.client.scripted import OnLoopback

EMPTY_INBOX = {"entries": [], "counts": {"unread": 0, "unseen": 0}, "page": {"has_more": False}}


@dataclass
class Wire:
    """A try to connect, and how much went over it if it was let in."""

    line: Line | None = None
    is_refused: bool = False
    to_client: int = 0
    from_client: int = 0


class Loopback(OnLoopback):
    """An origin whose WebSockets end at a gateway; one for many scenarios, each with its own."""

    def __init__(self) -> None:
        self._gateway = InMemoryGateway()
        self._wires: list[Wire] = []
        self._admitted: dict[ServerConnection, Wire] = {}

    def begin(self, gateway: InMemoryGateway) -> list[Wire]:
        """The wires to it, as they will come."""
        self._gateway = gateway
        self._wires = []
        return self._wires

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._talk,
            "127.0.0.1",
            0,
            process_request=self._answer,
            open_timeout=None,
            ping_interval=None,
        )
        return self

    async def _answer(self, socket: ServerConnection, request: Request) -> Response | None:
        if "upgrade" not in request.headers:
            return _inbox()  # whatever else is asked for; it makes a page, too
        wire = Wire()
        self._wires.append(wire)
        query = parse_qs(urlsplit(request.path).query)
        try:
            wire.line = await self._gateway.open_socket(request.path, query["token"][0], "query")
        except HeliographError:
            wire.is_refused = True
            return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")
        self._admitted[socket] = wire
        return None

    async def _talk(self, socket: ServerConnection) -> None:
        wire = self._admitted.pop(socket)
        assert wire.line
        speaking = asyncio.create_task(_speak(socket, wire, wire.line))
        with suppress(ConnectionClosed):
            async for text in socket:
                assert isinstance(text, str)
                await wire.line.send(text)
                wire.from_client += 1
        await wire.line.close()
        await speaking


async def _speak(socket: ServerConnection, wire: Wire, line: Line) -> None:
    """What the scenario says, until it or the client ends it."""
    with suppress(ConnectionClosed):
        while True:
            try:
                text = await line.recv()
            except ConnectionClosed as end:
                return await _end(socket, end)
            await socket.send(text)
            wire.to_client += 1


async def _end(socket: ServerConnection, end: ConnectionClosed) -> None:
    if end.rcvd:
        await socket.close(end.rcvd.code, end.rcvd.reason)
    else:
        socket.transport.abort()


def _inbox() -> Response:
    body = json.dumps(EMPTY_INBOX).encode()
    kind = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return Response(200, "OK", Headers(kind | {"Connection": "close"}), body)
