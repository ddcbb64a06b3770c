import json
from pathlib import Path

from tests.client.command_line import (
    LOGIN,
    NOTIFICATION,
    listen,
    run_line,
    sends_one,
)
from tests.client.scripted import Peer, ScriptedApi, ScriptedGateway
from tests.client.terminals import FakeTerminal


async def test_listen_prints_a_line_and_says_on_stderr_that_it_is_connected(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    status = await listen(sends_one, ["--count", "1"], fake)

    assert status == 0
    assert fake.out.endswith("  high    user:alice  Approved — Loan #12 approved  (bob)\n")
    assert fake.err == "connected as alice (c-1): general, user:alice\n"


async def test_listen_as_json_lines(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    await listen(sends_one, ["--count", "1", "--json"], fake)

    (line,) = fake.out.splitlines()
    assert json.loads(line)["sender"] == {"id": "bob", "roles": []}


async def test_listen_asks_for_its_topics(tmp_path: Path) -> None:
    hellos = []

    async def script(peer: Peer) -> None:
        hellos.append(await peer.welcome())
        await peer.send("notification", **NOTIFICATION)
        await peer.stay()

    line = ["--topic", "orders:*", "--topic", "build:1", "--count", "1"]
    await listen(script, line, FakeTerminal(tmp_path))

    assert hellos[0]["topics"] == ["orders:*", "build:1"]


async def test_listen_tells_of_a_refused_topic(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    async def script(peer: Peer) -> None:
        hello = await peer.welcome()
        error = {"code": 4403, "topic": "build:42", "message": "not allowed: build:42"}
        await peer.send("error", id=hello["id"], **error)
        await peer.send("notification", **NOTIFICATION)
        await peer.stay()

    await listen(script, ["--count", "1"], fake)

    assert "4403 forbidden_topic: not allowed: build:42\n" in fake.err


async def test_listen_tells_of_a_reconnect(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    async def rollover(peer: Peer) -> None:
        await peer.welcome()
        await peer.refuse(4200, "rollover", "deploy")

    async with ScriptedGateway(rollover, sends_one) as gateway:
        line = ["--url", gateway.url, "--token", "t", "listen", "--count", "1"]
        status = await run_line(line, fake)

    assert status == 0
    assert fake.err.splitlines()[1] == "reconnecting now: 4200 rollover: deploy"


async def test_listen_ends_when_its_time_is_over(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    status = await listen(sends_one, ["--timeout", "0.05"], fake)

    assert status == 0


async def test_listen_fails_if_too_few_came_in_time(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    status = await listen(sends_one, ["--timeout", "0.05", "--count", "2"], fake)

    assert status == 1
    assert fake.err.endswith("0.05 s are over: 1 of 2 came\n")


async def test_listen_with_a_password_logs_in_again_for_each_connection(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path, {"HELIOGRAPH_PASSWORD": "p"})
    async with (
        ScriptedApi({"POST /api/v1/auth/login": LOGIN}) as server,
        ScriptedGateway(401, sends_one) as gateway,
    ):
        websocket = gateway.url.replace("http", "ws")
        line = ["--url", server.url, "--websocket-url", websocket, "--user", "alice"]
        status = await run_line([*line, "listen", "--count", "1"], fake)

    assert status == 0
    assert len(server.requests) == 2
