"""Thousands of connections that come and go, well-behaved or not: nothing of them is left."""

import asyncio
import gc
import multiprocessing
import os
import sys
from pathlib import Path

import pytest

from local_server.testing import Running, emulator
from tests.local_server.conftest import echo_service

CONNECTS = 10_000
AT_ONCE = 25
UPGRADE = (
    b"GET /local HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
# A close frame with 1000, masked with zeros.
CLOSE = b"\x88\x82\x00\x00\x00\x00\x03\xe8"

linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is left")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def children() -> int:
    """Also children's children: the workers are the template process's."""

    def family(pid: int) -> int:
        try:
            pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except (ProcessLookupError, FileNotFoundError):
            return 0
        return sum(1 + family(int(child)) for child in pids)

    return family(os.getpid())


def left() -> tuple[int, int, int]:
    gc.collect()
    return descriptors(), children(), len(asyncio.all_tasks())


async def come_and_go(port: int, number: int) -> None:
    """Every third one vanishes, every third one resets, the others say goodbye."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(UPGRADE)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    if number % 3 == 0:
        writer.transport.abort()
        return
    if number % 3 == 1:
        writer.write(CLOSE)
        await reader.read()
    writer.close()
    await writer.wait_closed()


async def all_ended(gw: Running) -> None:
    """Returns once $disconnect has run for each."""
    ends = 0
    while ends < CONNECTS:
        await asyncio.sleep(0.05)
        ends = len([one for one in gw.invocations if one.function == "disconnect"])


@linux
@pytest.mark.timeout(300)
def test_ten_thousand_connections_leave_nothing_behind(tmp_path: Path) -> None:
    # In a process of its own: emulators of other tests open and close what is counted here.
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=churn, args=(tmp_path,), daemon=True)
    process.start()
    process.join()
    assert process.exitcode == 0


def churn(folder: Path) -> None:
    asyncio.run(come_and_go_often(folder))


async def come_and_go_often(folder: Path) -> None:
    before = left()
    async with emulator(echo_service(folder, "{limits: {connectsPerS: null}}")) as gw:
        port = int(gw.http_url.rsplit(":", 1)[1])
        slots = asyncio.Semaphore(AT_ONCE)
        await come_and_go(port, 1)
        warm = descriptors()

        async def one(number: int) -> None:
            async with slots:
                await come_and_go(port, number)

        await asyncio.gather(*(one(number) for number in range(CONNECTS - 1)))
        async with asyncio.timeout(120):
            await all_ended(gw)
        # What is open now are workers, two descriptors each, and no socket of a client.
        workers = children()
        assert gw.open_connections == []
        assert descriptors() <= warm + 2 * workers
    async with asyncio.timeout(30):
        # Transports close in the loop's next turns.
        while left() != before:
            await asyncio.sleep(0.01)
