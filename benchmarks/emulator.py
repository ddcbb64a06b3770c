"""The service on the emulator: from a send to its receipt, beside a bare Sanic echo.

Everything as `make run` starts it, on each store that is here, with a demo user who is connected.
"""

import asyncio
import json
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager

import httpx
import websockets

from benchmarks.measure import (
    Figure,
    LeftOut,
    Measured,
    Work,
    entered,
    every_round,
    latency_ms,
    nothing,
    p99,
)
from benchmarks.plain_http import PlainHttp, plain_http
from benchmarks.processes import ROOT, Started, bare_echo, emulator
from local_server.errors import StoreError
from local_server.stores.dynoxide import find_dynoxide, package_of

TEMPLATE = ROOT / "serverless.yml"
STORES = ("ministack", "dynoxide")  # the default is the first
BASE = "/api/v1"
USER, PASSWORD = "admin", "admin-demo"
BASELINE = "bare Sanic echo"
SEND, PING = "send-realtime to receipt", "ping to pong"
WAYS = {
    SEND: "HTTP → handler → stored → @connections → frame",
    PING: "frame → handler → a read → @connections → frame",
}
TIMES, WARM = 100, 5
LOGIN_TIMEOUT_S = 60

Milliseconds = dict[str, list[tuple[float, float]]]


def measure(rounds: int) -> Measured:
    with ExitStack() as stack:
        here, left_out = entered(stack, {store: _started(store) for store in STORES})
        echo = stack.enter_context(bare_echo())
        samples = asyncio.run(_samples(here, echo, rounds))
    return Measured(list(_figures(list(here), samples)), left_out)


@contextmanager
def _started(store: str) -> Iterator[Started]:
    if store == "dynoxide":
        try:
            find_dynoxide(ROOT, package_of())
        except StoreError as error:
            raise LeftOut(str(error)) from error
    with emulator(TEMPLATE, "--store", store) as started:
        yield started


async def _samples(here: Mapping[str, Started], echo: str, rounds: int) -> Milliseconds:
    """The median and the 99th percentile of each round, all in turn."""
    samples: Milliseconds = defaultdict(list)
    async with AsyncExitStack() as stack:
        works = {BASELINE: (await stack.enter_async_context(_echo(echo)), nothing)}
        users = {
            store: await stack.enter_async_context(_user(started))
            for store, started in here.items()
        }
        for store, user in users.items():
            works[_name(SEND, store)] = user.send, user.answered
            works[_name(PING, store)] = user.ping, nothing
        for work, after in works.values():
            await latency_ms(work, WARM, after)
        for _ in every_round("the service on the emulator", rounds):
            for user in users.values():
                await user.archive()
            for name, (work, after) in works.items():
                in_order = await latency_ms(work, TIMES, after)
                samples[name].append((statistics.median(in_order), p99(in_order)))
    return samples


@asynccontextmanager
async def _echo(url: str) -> AsyncIterator[Work]:
    async with websockets.connect(url) as bare:

        async def echo() -> None:
            await bare.send('{"type":"ping"}')
            assert await bare.recv() == '{"type":"ping"}'

        yield echo


@asynccontextmanager
async def _user(started: Started) -> AsyncIterator["_User"]:
    async with httpx.AsyncClient(base_url=f"{started.http}{BASE}", timeout=60) as http:
        token = await _token(http)
    connecting = websockets.connect(f"{started.websocket}?token={token}")
    async with plain_http(started.http, token) as plain, connecting as socket:
        yield _User(plain, socket)


class _User:
    """Who is connected, and sends to itself."""

    def __init__(self, http: PlainHttp, socket: websockets.ClientConnection) -> None:
        self._http = http
        self._socket = socket
        self._sending: asyncio.Future[None] | None = None

    async def ping(self) -> None:
        await self._socket.send('{"type":"ping"}')
        await self._receive("pong")

    async def send(self) -> None:
        body = {"user_id": USER, "notification_type": "n", "title": "t", "message": "m"}
        sending = self._http.post(f"{BASE}/notifications/send-realtime", body)
        self._sending = asyncio.create_task(sending)
        await self._receive("notification")

    async def answered(self) -> None:
        """The receipt comes first: what is counted of it is counted afterwards."""
        if self._sending is not None:
            await self._sending

    async def archive(self) -> None:
        """A send counts what is unread, which is read for it: nobody's inbox is this full."""
        await self._http.post(f"{BASE}/inbox/mark-all", {"state": "archived"})

    async def _receive(self, kind: str) -> None:
        while json.loads(await self._socket.recv())["type"] != kind:
            pass


async def _token(http: httpx.AsyncClient) -> str:
    """The demo users are made once the emulator is up."""
    end = time.monotonic() + LOGIN_TIMEOUT_S
    while time.monotonic() < end:
        answer = await http.post("/auth/login", json={"username": USER, "password": PASSWORD})
        if answer.status_code == 200:
            return str(answer.json()["access_token"])
        await asyncio.sleep(0.2)
    raise RuntimeError(f"no demo user can log in: {answer.text}")


def _name(work: str, store: str) -> str:
    return work if store == STORES[0] else f"{work}, {store}"


def _figures(stores: list[str], samples: Milliseconds) -> Iterator[Figure]:
    for work, way in WAYS.items():
        for store in stores:
            mine, bare = samples[_name(work, store)], samples[BASELINE]
            for number, part in enumerate(("p50", "p99")):
                yield Figure(
                    _name(work, store),
                    way,
                    BASELINE,
                    f"ms {part}",
                    statistics.median(each[number] for each in mine),
                    statistics.median(each[number] for each in bare),
                    len(mine),
                )
