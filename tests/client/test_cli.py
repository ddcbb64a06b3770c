from dataclasses import replace
from pathlib import Path

import pytest

from client.cli import main
from tests.client.command_line import (
    LOGIN,
    UNAUTHORIZED,
    ask,
    listen,
    run_line,
)
from tests.client.scripted import HttpAnswer, Peer, ScriptedApi
from tests.client.terminals import FakeTerminal

FULL = Path("/dev/full")


async def test_a_wrong_password_is_refused_in_one_line(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path, password="wrong")
    async with ScriptedApi({"POST /api/v1/auth/login": UNAUTHORIZED}) as server:
        status = await run_line(["login", "--user", "alice", "--url", server.url], fake)

    assert (status, fake.out) == (1, "")
    assert fake.err == "4001 unauthorized: Authentication failed\n"


async def test_a_problem_is_one_line(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)
    problem = {"title": "Not Found", "status": 404, "detail": "no user: eve", "code": 4404}

    status, _ = await ask(
        "POST /api/v1/notifications/send-realtime",
        HttpAnswer(404, problem),
        ["send", "eve", "Hi"],
        fake,
    )

    assert (status, fake.err) == (1, "4404 unknown: no user: eve\n")


async def test_listen_that_is_refused(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    async def script(peer: Peer) -> None:
        await peer.refuse(4001, "unauthorized", "Authentication failed")

    status = await listen(script, [], fake)

    assert (status, fake.err) == (1, "4001 unauthorized: Authentication failed\n")


@pytest.mark.parametrize("command", [["stats"], ["listen"]])
async def test_nobody_there_is_one_clear_line(tmp_path: Path, command: list[str]) -> None:
    fake = FakeTerminal(tmp_path)
    async with ScriptedApi({}) as server:
        url = server.url

    status = await run_line(["--url", url, "--token", "t", *command], fake)

    assert (status, fake.out) == (1, "")
    assert fake.err == f"cannot reach {url}: is `make run` running?\n"


@pytest.mark.parametrize("command", [["stats"], ["listen"]])
async def test_https_to_an_emulator_is_explained(tmp_path: Path, command: list[str]) -> None:
    fake = FakeTerminal(tmp_path)
    async with ScriptedApi({}) as server:
        url = server.url.replace("http", "https")

    await run_line(["--url", url, "--token", "t", *command], fake)

    assert fake.err == (
        f"cannot reach {url}: is `make run` running? (the emulator speaks http://)\n"
    )


async def test_wrong_usage_has_its_own_exit_code(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    status = await run_line(["stats"], fake)

    assert status == 2
    assert fake.err.startswith("error: who are you?")


def test_a_word_in_another_encoding_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["send", "alice", "caf\udce9"], FakeTerminal(tmp_path).terminal)

    assert left.value.code == 2
    assert "encoding" in capsys.readouterr().err


async def test_tokens_that_cannot_be_kept_or_read_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "heliograph").touch()
    answers = {"POST /api/v1/auth/login": LOGIN}
    for line in (["login", "--user", "alice"], ["stats"]):
        fake = FakeTerminal(tmp_path, password="pass")
        async with ScriptedApi(answers) as server:
            status = await run_line([*line, "--url", server.url], fake)

        assert (status, fake.out) == (1, "")
        assert fake.err.startswith("error: [Errno ")
        assert fake.err.count("\n") == 1


@pytest.mark.parametrize("command", [["stats"], ["listen"]])
async def test_a_proxy_that_wants_another_package_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    fake = FakeTerminal(tmp_path)

    status = await run_line(["--token", "t", *command], fake)

    assert (status, fake.out) == (1, "")
    assert fake.err.startswith("error: Using SOCKS proxy, but")
    assert fake.err.count("\n") == 1


@pytest.mark.skipif(not FULL.exists(), reason="no such device here")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    with FULL.open("w") as out:
        status = main(["completion", "bash"], replace(fake.terminal, out=out))

    assert status == 1
    assert fake.err == "error: [Errno 28] No space left on device\n"
