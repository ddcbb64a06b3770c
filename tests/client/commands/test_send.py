from pathlib import Path

from tests.client.command_line import (
    ask,
)
from tests.client.scripted import HttpAnswer
from tests.client.terminals import FakeTerminal


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
