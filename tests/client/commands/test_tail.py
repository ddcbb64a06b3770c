import asyncio
import json
from pathlib import Path
from typing import Any

from client.commands.tail import covers
from tests.client.command_line import run_line
from tests.client.scripted import HttpAnswer, Json, Peer, ScriptedApi, ScriptedGateway
from tests.client.terminals import FakeTerminal

PATH = "GET /api/v1/history/orders:eu"


def notification(seq: int, **fields: Any) -> Json:
    place = {"stream": "orders:eu", "topic": "orders:eu", "epoch": "e", "seq": seq}
    return {"id": f"n{seq}", "title": f"Order {seq}", "timestamp": "?", **place, **fields}


def page(*numbers: int, more: bool = False) -> HttpAnswer:
    entries = [notification(seq) for seq in numbers]
    told = {"topic": "orders:eu", "epoch": "e", "seq": max(numbers, default=0), "has_more": more}
    return HttpAnswer(200, {"entries": entries, **told})


async def read(tmp_path: Path, pages: list[HttpAnswer], *line: str) -> tuple[str, list[Json]]:
    fake = FakeTerminal(tmp_path)
    async with ScriptedApi({PATH: pages}) as server:
        words = ["--url", server.url, "--token", "t", "tail", "orders:eu", "--no-follow", *line]
        assert await run_line(words, fake) == 0, fake.err
    return fake.out, [dict(request.query) for request in server.requests]


async def test_the_history_is_read_to_its_end(tmp_path: Path) -> None:
    said, queries = await read(tmp_path, [page(1, 2, more=True), page(3)])

    assert said.splitlines() == [
        f"     {seq}  ?  normal  orders:eu  Order {seq}" for seq in (1, 2, 3)
    ]
    assert [query["after_seq"] for query in queries] == ["0", "2"]


async def test_it_may_begin_behind_a_number_or_near_its_end(tmp_path: Path) -> None:
    _, queries = await read(tmp_path, [page(8)], "--after", "7")
    assert queries == [{"after_seq": "7", "limit": "100"}]

    said, _ = await read(tmp_path, [page(1, 2, 3)], "--last", "2", "--json")
    assert [json.loads(line)["seq"] for line in said.splitlines()] == [2, 3]


async def test_a_topic_in_which_nothing_was_stored(tmp_path: Path) -> None:
    nothing = HttpAnswer(200, {"entries": [], "epoch": None, "seq": 0, "has_more": False})

    said, _ = await read(tmp_path, [nothing])

    assert said == ""


async def test_what_comes_follows_without_repeating_what_was_stored(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)
    hellos = []

    async def script(peer: Peer) -> None:
        hellos.append(await peer.welcome())
        await peer.send("notification", **notification(2))
        await peer.send("notification", **notification(7, topic="user:alice", stream="user:alice"))
        await peer.send("notification", **notification(3))
        await peer.stay()

    async with ScriptedApi({PATH: page(1, 2)}) as server, ScriptedGateway(script) as gateway:
        line = ["--url", server.url, "--websocket-url", gateway.url.replace("http", "ws")]
        async with asyncio.timeout(60):
            status = await run_line(
                [*line, "--token", "t", "tail", "orders:eu", "--count", "3"], fake
            )

    assert status == 0
    assert [line.split()[0] for line in fake.out.splitlines()] == ["1", "2", "3"]
    assert hellos[0]["topics"] == ["orders:eu"]


def test_a_wildcard_covers_what_is_below_it() -> None:
    assert covers("orders:*", "orders:eu:1")
    assert covers("orders:*", "orders:*")
    assert not covers("orders:*", "orders")
    assert not covers("orders:eu", "orders:eu:1")
