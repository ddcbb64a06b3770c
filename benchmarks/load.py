"""A WebSocket client that costs next to nothing, so that what is measured is the server."""

import asyncio
import base64
import os
import statistics
import struct
import time
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Latency:
    """Milliseconds."""

    p50: float
    p99: float


class Client(asyncio.Protocol):
    """One socket. Masks with zeros, which RFC 6455 allows and which costs nothing."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._received = bytearray()
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        self.upgraded = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport

    @classmethod
    async def connect(cls, url: str) -> "Client":
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(
            lambda: cls(head.encode()), str(parts.hostname), int(parts.port or 80)
        )
        await client.upgraded
        return client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self.upgraded.done() and not self._upgrade():
            return
        while (frame := self._next()) is not None:
            self._frames.put_nowait(frame)

    def _upgrade(self) -> bool:
        head, end, rest = bytes(self._received).partition(b"\r\n\r\n")
        if not end:
            return False
        self._received = bytearray(rest)
        if b" 101 " in head:
            self.upgraded.set_result(None)
        else:
            self.upgraded.set_exception(ConnectionError(head.split(b"\r\n")[0].decode()))
        return True

    def _next(self) -> bytes | None:
        if len(self._received) < 2:
            return None
        length, start = self._received[1], 2
        if length == 126:
            if len(self._received) < 4:
                return None
            (length,), start = struct.unpack(">H", self._received[2:4]), 4
        if len(self._received) < start + length:
            return None
        payload = bytes(self._received[start : start + length])
        del self._received[: start + length]
        return payload

    def send(self, payload: bytes) -> None:
        """At most 64 KB."""
        size = len(payload)
        length = struct.pack(">BB", 0x81, 0x80 | size) if size < 126 else None
        head = length or struct.pack(">BBH", 0x81, 0x80 | 126, size)
        self._transport.write(head + bytes(4) + payload)

    async def receive(self) -> bytes:
        return await self._frames.get()

    def close(self) -> None:
        self._transport.abort()


async def latency(url: str, message: bytes, times: int, warm: int = 20) -> Latency:
    """One message after the other; the first ones, on which workers start, do not count."""
    client = await Client.connect(url)
    samples = []
    for index in range(times + warm):
        started = time.perf_counter_ns()
        client.send(message)
        await client.receive()
        if index >= warm:
            samples.append((time.perf_counter_ns() - started) / 1e6)
    client.close()
    samples.sort()
    return Latency(statistics.median(samples), samples[len(samples) * 99 // 100])


async def throughput(url: str, message: bytes, clients: int, each: int) -> float:
    """Messages a second, each client with one on its way."""
    sockets = [await Client.connect(url) for _ in range(clients)]

    async def converse(client: Client) -> None:
        for _ in range(each):
            client.send(message)
            await client.receive()

    await asyncio.gather(*(converse(client) for client in sockets))
    started = time.perf_counter()
    await asyncio.gather(*(converse(client) for client in sockets))
    seconds = time.perf_counter() - started
    for client in sockets:
        client.close()
    return clients * each / seconds


async def burst(url: str, message: bytes, frames: int) -> float:
    """Milliseconds until the last of `frames` at once is answered; their workers are cold."""
    client = await Client.connect(url)
    started = time.perf_counter()
    for _ in range(frames):
        client.send(message)
    for _ in range(frames):
        await client.receive()
    client.close()
    return (time.perf_counter() - started) * 1000


async def connects(url: str, times: int, at_once: int) -> float:
    """Handshakes a second."""
    slots = asyncio.Semaphore(at_once)

    async def one() -> None:
        async with slots:
            (await Client.connect(url)).close()

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(times)))
    return times / (time.perf_counter() - started)


async def hold(url: str, sockets: int, at_once: int = 50) -> list[Client]:
    """Open sockets."""
    slots = asyncio.Semaphore(at_once)

    async def one() -> Client:
        async with slots:
            return await Client.connect(url)

    return list(await asyncio.gather(*(one() for _ in range(sockets))))
