"""The emulator: a ping and a send through real handlers, beside a bare Sanic echo."""

import asyncio
import json
import multiprocessing
import socket
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import websockets
from sanic import Request as SanicRequest
from sanic import Sanic, Websocket

from benchmarks.measure import Figure, latency_ms
from local_server.testing import Running

TIMES = 40


async def measure(running: Running, token: str, rounds: int) -> list[Figure]:
    """`token`: of a user who may send, and to whom is sent."""
    samples: dict[str, list[float]] = {"ping": [], "send": [], "echo": []}
    url = f"{running.websocket_urls[-1]}?token={token}"
    with bare_echo() as echo_url:
        async with (
            websockets.connect(url) as ours,
            websockets.connect(echo_url) as bare,
            httpx.AsyncClient(
                base_url=f"{running.http_url}/api/v1",
                headers={"authorization": f"Bearer {token}"},
                timeout=30,
            ) as http,
        ):

            async def ping() -> None:
                await ours.send('{"type":"ping"}')
                assert json.loads(await ours.recv())["type"] == "pong"

            async def send() -> None:
                body = {"user_id": "bench", "notification_type": "n", "title": "t", "message": "m"}
                posting = asyncio.create_task(http.post("/notifications/send-realtime", json=body))
                assert json.loads(await ours.recv())["type"] == "notification"
                assert (await posting).status_code == 200

            async def echo() -> None:
                await bare.send('{"type":"ping"}')
                assert await bare.recv() == '{"type":"ping"}'

            for _ in range(3):
                await ping()
                await send()
                await echo()
            for _ in range(rounds):
                samples["ping"].append(await latency_ms(ping, TIMES))
                samples["send"].append(await latency_ms(send, TIMES))
                samples["echo"].append(await latency_ms(echo, TIMES))
    medians = {name: statistics.median(values) for name, values in samples.items()}
    return [_figure(name, medians, rounds) for name in ("ping", "send")]


def _figure(name: str, medians: dict[str, float], rounds: int) -> Figure:
    subjects = {
        "ping": ("ping to pong", "frame → handler process → DynamoDB → @connections → frame"),
        "send": ("send-realtime to receipt", "HTTP → handler → stored → @connections → frame"),
    }
    title, subject = subjects[name]
    return Figure(
        title, subject, "bare Sanic echo", "ms p50", medians[name], medians["echo"], rounds
    )


@contextmanager
def bare_echo() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.get_context("fork").Process(target=_serve_echo, args=(listener,))
        process.start()
        try:
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}/echo"
        finally:
            process.terminate()
            process.join()


def _serve_echo(listener: socket.socket) -> None:
    app = Sanic("bare_echo", configure_logging=False)

    async def echo(request: SanicRequest, ws: Websocket) -> None:
        async for message in ws:
            await ws.send(message)

    app.add_websocket_route(echo, "/echo")

    async def main() -> None:
        server: Any = await app.create_server(sock=listener, return_asyncio_server=True)
        await server.startup()
        await server.serve_forever()

    asyncio.run(main())
