import json
from pathlib import Path

from client.commands import last_ceiling
from client.token_file import TokenFile
from tests.client.command_line import (
    LOGIN,
    NOTIFICATION,
    ask,
    listen,
    run_line,
    sends_one,
)
from tests.client.scripted import HttpAnswer, Peer, ScriptedApi, ScriptedGateway
from tests.client.terminals import FakeTerminal


async def test_login_keeps_the_token_and_does_not_print_it(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path, password="typed")
    async with ScriptedApi({"POST /api/v1/auth/login": LOGIN}) as server:
        status = await run_line(["login", "--user", "alice", "--url", server.url], fake)
        saved = TokenFile.of_user({"XDG_CONFIG_HOME": str(tmp_path)}).find(server.url)

    assert status == 0
    assert fake.out.startswith("logged in as alice (user) until ")
    assert "s3cret" not in fake.out + fake.err
    assert saved is not None
    assert (saved.user, saved.token, saved.expires_at) == ("alice", "s3cret", 4600)
    assert server.requests[0].body == {"username": "alice", "password": "typed"}


async def test_a_saved_token_serves_the_next_command(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path, {"HELIOGRAPH_PASSWORD": "p"})
    answers = {
        "POST /api/v1/auth/login": LOGIN,
        "GET /api/v1/notifications/stats": HttpAnswer(200, {}),
    }
    async with ScriptedApi(answers) as server:
        await run_line(["login", "--user", "alice", "--url", server.url], fake)
        status = await run_line(["stats", "--url", server.url], fake)

    assert status == 0
    assert server.requests[-1].headers["authorization"] == "Bearer s3cret"


async def test_send_prints_what_became_of_it(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)
    results = [{"user_id": "alice", "connections": 1, "delivered": 1, "gone": 0}]
    answer = {"notification_id": "ntf_1", "status": "delivered", "results": results}

    status, request = await ask(
        "POST /api/v1/notifications/send-realtime",
        HttpAnswer(200, answer),
        ["send", "alice", "Approved", "--data", '{"loan_id": 12}', "--no-persist"],
        fake,
    )

    assert (status, fake.out) == (0, "delivered  ntf_1\n  alice: 1 of 1 connection reached\n")
    assert request.body == {
        "user_id": "alice",
        "notification_type": "message",
        "title": "Approved",
        "message": "",
        "data": {"loan_id": 12},
        "persist": False,
    }


async def test_send_to_several(tmp_path: Path) -> None:
    _, request = await ask(
        "POST /api/v1/notifications/send-realtime",
        HttpAnswer(200, {}),
        ["send", "alice,bob", "Lunch"],
        FakeTerminal(tmp_path),
    )

    assert request.body is not None
    assert request.body["user_ids"] == ["alice", "bob"]


async def test_broadcast_as_json(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)
    answer = {"pattern": "role:admin", "recipients": 3, "delivered": 3, "gone": 0, "new": 1}

    status, request = await ask(
        "POST /api/v1/notifications/broadcast",
        HttpAnswer(200, answer),
        ["broadcast", "role:admin", "Disk", "--json", "--exclude", "bob", "--no-persist"],
        fake,
    )

    assert (status, json.loads(fake.out)) == (0, answer)
    assert request.body == {
        "pattern": "role:admin",
        "notification_type": "message",
        "title": "Disk",
        "message": "",
        "persist": "none",
        "exclude_user_ids": ["bob"],
    }


async def test_stats_are_a_table(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)
    answer = {"websocket_connections": 3, "user_connections": 2, "topics": 5}

    status, _ = await ask(
        "GET /api/v1/notifications/stats", HttpAnswer(200, answer), ["stats"], fake
    )

    assert (status, fake.out) == (0, "connections  3\nusers        2\ntopics       5\n")


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


def test_listen_returns_soon_to_a_service_on_this_computer() -> None:
    assert last_ceiling("ws://localhost:3001") == 5
    assert last_ceiling("https://example.com") == 60


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
