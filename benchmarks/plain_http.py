"""An HTTP connection as bare as can be: what a client takes for itself is not what is measured."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class PlainHttp:
    """One kept connection, one request at a time."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._head = head

    async def post(self, path: str, body: object) -> None:
        """Raises: RuntimeError, with what is answered instead of a 2xx."""
        content = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(content)}\r\n\r\n"
        self._writer.write(head.encode() + content)
        status, *fields = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        lengths = [int(each[15:]) for each in fields if each.lower().startswith("content-length:")]
        answer = await self._reader.readexactly(lengths[0])
        if not status.startswith("HTTP/1.1 2"):
            raise RuntimeError(f"{status}: {answer.decode()}")


@asynccontextmanager
async def plain_http(url: str, token: str) -> AsyncIterator[PlainHttp]:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    head = (
        f"Host: {place.netloc}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\n"
    )
    try:
        yield PlainHttp(reader, writer, head)
    finally:
        writer.close()
