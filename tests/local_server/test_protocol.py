"""An HTTP connection that turns into a WebSocket."""

import asyncio
from typing import cast
from urllib.parse import quote

from websockets.frames import Frame, Opcode

from local_server.protocol import GatewayProtocol
from local_server.testing import Running
from local_server.websocket import WebSocket

UPGRADE = (
    "GET /local HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def connection(sample: Running) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = sample.http_url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port))


async def test_frames_that_arrive_with_the_upgrade_are_not_lost(sample: Running) -> None:
    reader, writer = await connection(sample)
    frame = Frame(Opcode.TEXT, b'{"kind": "ask"}').serialize(mask=True)
    writer.write(UPGRADE.encode() + frame)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    assert (await reader.readexactly(1)) == b"\x81"
    writer.close()
    await writer.wait_closed()


async def test_a_connection_serves_requests_before_it_is_upgraded(sample: Running) -> None:
    reader, writer = await connection(sample)
    writer.write(b"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    await reader.readexactly(len('{"message":"Not Found"}'))
    writer.write(UPGRADE.encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    writer.close()
    await writer.wait_closed()


async def test_a_refused_upgrade_leaves_an_http_connection(sample: Running) -> None:
    reader, writer = await connection(sample)
    result = quote('{"statusCode": 401}')
    writer.write(UPGRADE.replace("/local", f"/local?result={result}").encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401 ")
    writer.close()
    await writer.wait_closed()


class Reading(asyncio.Transport):
    """Whether it reads, as those above it have asked."""

    reads = True

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


class Overwhelmed:
    def __init__(self, transport: Reading) -> None:
        self._transport = transport

    def receive(self, chunk: bytes) -> None:
        self._transport.pause_reading()


def test_early_frames_that_are_too_many_are_not_read_on_after() -> None:
    protocol = GatewayProtocol.__new__(GatewayProtocol)
    protocol.transport = transport = Reading()
    protocol.recv_buffer = bytearray(b"frames")
    protocol.websocket = cast(WebSocket, Overwhelmed(transport))
    protocol.feed_early_bytes()
    assert not transport.reads
