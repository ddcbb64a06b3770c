"""Servers on loopback that do what a test has written down."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

Json = dict[str, Any]


class Peer:
    """The server's end of one connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket

    async def send(self, type_: str, **fields: object) -> None:
        await self._socket.send(json.dumps({"type": type_, **fields}))

    async def send_text(self, text: str) -> None:
        await self._socket.send(text)

    async def receive(self) -> Json:
        frame: Json = json.loads(await self._socket.recv())
        return frame

    async def welcome(self, **fields: object) -> Json:
        """Answer the client's hello. The hello."""
        hello = await self.receive()
        await self.send("welcome", **{**WELCOME, "id": hello["id"], **fields})
        return hello

    async def refuse(self, code: int, name: str, message: str, **fields: object) -> None:
        """As API Gateway does it: a frame that says why, then a close that does not."""
        await self.send("error", code=code, name=name, message=message, fatal=True, **fields)
        await self._socket.close()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._socket.close(code, reason)

    def abort(self) -> None:
        self._socket.transport.abort()

    async def stay(self) -> None:
        await self._socket.wait_closed()


WELCOME: Json = {
    "connection_id": "c-1",
    "user_id": "alice",
    "roles": ["user"],
    "subscriptions": ["general", "user:alice"],
}

# What a connection meets: an HTTP status instead of an upgrade, or somebody who talks.
Script = int | Callable[[Peer], Awaitable[None]]


class OnLoopback:
    """A server on a port of its own, until the block ends."""

    _server: Server | asyncio.Server

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}"


class ScriptedGateway(OnLoopback):
    """Each connection meets the next script; the last one also meets all that come later."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self._talks: dict[ServerConnection, Callable[[Peer], Awaitable[None]]] = {}
        self.requests: list[Request] = []

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._talk,
            "127.0.0.1",
            0,
            process_request=self._admit,
            select_subprotocol=_speak_ours,
        )
        return self

    @property
    def tokens(self) -> list[str]:
        """The `?token=` of each handshake so far."""
        queries = (parse_qs(urlsplit(request.path).query) for request in self.requests)
        return [query.get("token", [""])[0] for query in queries]

    def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        if isinstance(script, int):
            return socket.respond(HTTPStatus(script), "")
        self._talks[socket] = script
        return None

    async def _talk(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await self._talks[socket](Peer(socket))


def _speak_ours(socket: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return next((name for name in offered if name == "heliograph.v1"), None)


async def stay_connected(peer: Peer) -> None:
    await peer.welcome()
    await peer.stay()


@dataclass(frozen=True)
class HttpRequest:
    """What the client asked for."""

    method: str
    path: str
    headers: dict[str, str]
    body: Json | None
    query: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HttpAnswer:
    """What it is told."""

    status: int
    body: Json


class ScriptedApi(OnLoopback):
    """Answers each `METHOD /path` with the same, or with the next of several and then the last;
    one request a connection. Hangs up on others."""

    def __init__(
        self,
        answers: Mapping[str, HttpAnswer | list[HttpAnswer]],
        on_request: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_request = on_request
        self._answers = {
            path: list(each) if isinstance(each, list) else [each] for path, each in answers.items()
        }
        self.requests: list[HttpRequest] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read_request(reader)
        self.requests.append(request)
        self._on_request()
        answers = self._answers.get(f"{request.method} {request.path}")
        if answers is None:
            writer.close()
            return
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        body = json.dumps(answer.body).encode()
        head = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
        head += f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


async def _read_request(reader: asyncio.StreamReader) -> HttpRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    url = urlsplit(target)
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    query = dict(parse_qsl(url.query))
    return HttpRequest(method, url.path, headers, json.loads(body) if body else None, query)
