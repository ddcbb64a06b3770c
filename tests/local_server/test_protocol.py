"""An HTTP connection that turns into a WebSocket."""

import asyncio
from urllib.parse import quote

from websockets.frames import Frame, Opcode

from local_server.testing import Running

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
