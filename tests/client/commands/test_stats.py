import json
from pathlib import Path

from tests.client.command_line import (
    ask,
    run_line,
)
from tests.client.scripted import HttpAnswer, ScriptedApi
from tests.client.terminals import FakeTerminal


async def test_stats_are_a_table(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)
    answer = {"websocket_connections": 3, "user_connections": 2, "topics": 5}

    status, _ = await ask(
        "GET /api/v1/notifications/stats", HttpAnswer(200, answer), ["stats"], fake
    )

    assert (status, fake.out) == (0, "connections  3\nusers        2\ntopics       5\n")


async def watch(fake: FakeTerminal, *line: str) -> int:
    """Two readings, and then the server is in trouble."""
    problem = HttpAnswer(503, {"detail": "busy"})
    readings = [HttpAnswer(200, {"topics": number}) for number in (1, 2)]
    async with ScriptedApi({"GET /api/v1/notifications/stats": [*readings, problem]}) as server:
        words = ["--url", server.url, "--token", "t", "stats", "--watch", "0.001", *line]
        return await run_line(words, fake)


async def test_watching_reads_again_and_again(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    status = await watch(fake, "--json")

    assert [json.loads(line)["topics"] for line in fake.out.splitlines()] == [1, 2]
    assert (status, fake.err) == (1, "4503 unavailable: busy\n")


async def test_watching_on_a_terminal_draws_over_what_was_there(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path, tty=True)

    await watch(fake)

    first, second = fake.out.split("\x1b[H\x1b[J")[1:]
    assert "topics       1" in first
    assert "topics       2" in second
