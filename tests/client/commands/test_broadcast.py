import json
from pathlib import Path

from tests.client.command_line import (
    ask,
)
from tests.client.scripted import HttpAnswer
from tests.client.terminals import FakeTerminal


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
