from pathlib import Path

from tests.client.command_line import (
    ask,
)
from tests.client.scripted import HttpAnswer
from tests.client.terminals import FakeTerminal


async def test_stats_are_a_table(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)
    answer = {"websocket_connections": 3, "user_connections": 2, "topics": 5}

    status, _ = await ask(
        "GET /api/v1/notifications/stats", HttpAnswer(200, answer), ["stats"], fake
    )

    assert (status, fake.out) == (0, "connections  3\nusers        2\ntopics       5\n")
