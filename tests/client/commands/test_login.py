from pathlib import Path

from client.token_file import TokenFile
from tests.client.command_line import (
    LOGIN,
    run_line,
)
from tests.client.scripted import HttpAnswer, ScriptedApi
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
