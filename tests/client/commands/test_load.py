import asyncio
import json
import signal
from pathlib import Path

from tests.client.command_line import run_line
from tests.client.scripted import HttpAnswer, Json, Peer, ScriptedApi, ScriptedGateway
from tests.client.terminals import FakeTerminal
from tests.client.test_main import start


class Visited:
    """A gateway's end, which knows when so many have read their welcome."""

    def __init__(self, awaited: int) -> None:
        self.hellos: list[Json] = []
        self.all_there = asyncio.Event()
        self._left = awaited

    async def __call__(self, peer: Peer) -> None:
        # Who pings has read the welcome that asks for it.
        self.hellos.append(await peer.welcome(ping_interval_ms=20))
        ping = await peer.receive()
        self._left -= 1
        if self._left == 0:
            self.all_there.set()
        await peer.send("pong", id=ping["id"])
        while True:
            await peer.send("pong", id=(await peer.receive())["id"])


async def load(fake: FakeTerminal, visited: Visited, *line: str) -> int:
    """Ctrl-C comes once all are there."""
    async with ScriptedGateway(visited) as gateway:
        words = ["--url", gateway.url, "--token", "t", "load", "--ramp", "0.01", *line]
        running = asyncio.create_task(run_line(words, fake))
        await visited.all_there.wait()
        running.cancel()
        return await running


async def test_connections_are_opened_and_timed(tmp_path: Path) -> None:
    fake, visited = FakeTerminal(tmp_path), Visited(5)

    status = await load(fake, visited, "--connections", "5", "--topic", "orders:*", "--json")

    numbers = json.loads(fake.out)
    assert status == 0, numbers
    assert numbers["connections"] == {"asked": 5, "tried": 5, "opened": 5, "open": 5}
    assert numbers["connect_ms"]["p50"] > 0
    assert [hello["topics"] for hello in visited.hellos] == [["orders:*"]] * 5


async def test_what_fails_is_told_by_its_kind_and_by_the_exit_code(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)
    async with ScriptedGateway(401) as gateway:
        words = ["--url", gateway.url, "--token", "t", "load", "--connections", "3"]
        status = await run_line([*words, "--ramp", "0.01"], fake)

    assert status == 1
    assert fake.out.endswith("errors\nconnecting: 4001 unauthorized  3\n")


async def test_tokens_come_from_a_file(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("t1\nt2\n")
    async with ScriptedGateway(401) as gateway:
        words = ["--url", gateway.url, "--token", "t", "load", "--tokens", str(tokens)]
        line = [*words, "--connections", "4", "--ramp", "0.01"]
        await run_line(line, FakeTerminal(tmp_path))

    assert sorted(gateway.tokens) == ["t1", "t1", "t2", "t2"]


async def test_wrong_usage(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("")
    for line, complaint in (
        (["--tokens", str(empty)], "no token in"),
        (["--tokens", str(tmp_path / "none")], "cannot be read"),
        (["--tokens", str(empty), "--make-users", "2"], "not both"),
        (["--connections", "100000000"], "ulimit -n"),
    ):
        fake = FakeTerminal(tmp_path)
        words = ["--url", "http://127.0.0.1:1", "--token", "t", "load", *line]
        assert await run_line(words, fake) == 2
        assert complaint in fake.err


async def test_a_topic_of_its_own_is_sent_to(tmp_path: Path) -> None:
    asked, answer = asyncio.Event(), HttpAnswer(200, {})
    visited = Visited(1)
    async with (
        ScriptedApi({"POST /api/v1/notifications/broadcast": answer}, asked.set) as server,
        ScriptedGateway(visited) as gateway,
    ):
        words = ["--url", server.url, "--websocket-url", gateway.url.replace("http", "ws")]
        words += ["--token", "t", "load", "--connections", "1", "--ramp", "0.01", "--send", "5"]
        running = asyncio.create_task(run_line(words, FakeTerminal(tmp_path)))
        await visited.all_there.wait()
        await asked.wait()
        running.cancel()
        await running

    (topic,) = visited.hellos[0]["topics"]
    assert topic.startswith("load:")
    assert {(request.body or {})["pattern"] for request in server.requests} == {topic}


async def test_ctrl_c_ends_it_with_what_was_measured() -> None:
    visited = Visited(1)
    async with ScriptedGateway(visited) as gateway:
        process = await start(
            "load", "--url", gateway.url, "--token", "t", "--connections", "1", "--json"
        )
        await visited.all_there.wait()
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()

    assert (process.returncode, err) == (0, b"")
    assert json.loads(out)["connections"]["opened"] == 1
