"""A gateway without sockets: what a client and its server tell each other, and nothing else."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Close

from client.handshake import TokenIn, refusal

Json = dict[str, Any]


class Line:
    """Both ends of one connection."""

    def __init__(self) -> None:
        self._to_client: asyncio.Queue[str | ConnectionClosed] = asyncio.Queue()
        self._ending: ConnectionClosed | None = None
        self.from_client: list[Json] = []

    # The client's end

    async def send(self, message: str, /) -> None:
        if self._ending:
            raise self._ending
        self.from_client.append(json.loads(message))

    async def recv(self) -> str | bytes:
        item = await self._to_client.get()
        if isinstance(item, ConnectionClosed):
            self._to_client.put_nowait(item)
            raise item
        return item

    async def close(self) -> None:
        self.end(1000)

    # The server's

    def say(self, text: str) -> None:
        self._to_client.put_nowait(text)

    def say_frame(self, type_: str, **fields: object) -> None:
        self.say(json.dumps({"type": type_, **fields}))

    def say_notification(self, stream: str, seq: int, **fields: object) -> None:
        """In epoch `e`, with the id `<stream><seq>`."""
        place = {"stream": stream, "topic": stream, "epoch": "e", "seq": seq, **fields}
        self.say_frame("notification", id=f"{stream}{seq}", **place)

    def end(self, code: int) -> None:
        if self._ending is None:
            close = None if code == 1006 else Close(code, "")
            kind = ConnectionClosedOK if code == 1000 else ConnectionClosedError
            self._ending = kind(close, None)
            self._to_client.put_nowait(self._ending)

    @property
    def is_open(self) -> bool:
        return self._ending is None

    @property
    def unheard(self) -> int:
        """How much of what was said has not been taken yet."""
        return self._to_client.qsize()


@dataclass
class Try:
    """Somebody wants to connect, and waits for what becomes of it."""

    token: str
    answer: asyncio.Future[Line] = field(default_factory=asyncio.Future)


class InMemoryGateway:
    """Admits nobody by itself: `accept` and `refuse` take the next try."""

    def __init__(self) -> None:
        self.attempts = 0
        self.lines: list[Line] = []
        self._tries: list[Try] = []

    async def open_socket(self, url: str, token: str, token_in: TokenIn) -> Line:
        self.attempts += 1
        made = Try(token)
        self._tries.append(made)
        try:
            return await made.answer
        finally:
            if made in self._tries:
                self._tries.remove(made)

    @property
    def has_try(self) -> bool:
        return bool(self._tries)

    def accept(self) -> str:
        """The token that the try carries."""
        made = self._tries.pop(0)
        self.lines.append(Line())
        made.answer.set_result(self.lines[-1])
        return made.token

    def refuse(self, status: int) -> None:
        self._tries.pop(0).answer.set_exception(refusal(status))
