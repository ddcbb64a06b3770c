import json

import pytest

from infra.admin.command_line import main
from tests.aws import client
from tests.infra.admin.clients import FakeClients, refusal

BODY = "what a letter says"


@pytest.fixture
def dead(service: dict[str, str]) -> dict[str, str]:
    for _ in range(12):
        client("sqs").send_message(QueueUrl=service["LaterDeadLetters"], MessageBody=BODY)
    return service


def without_move_tasks() -> FakeClients:
    """moto's SQS, which has none and fails instead of saying so."""
    names = ("get_queue_url", "get_queue_attributes", "receive_message", "send_message")
    sqs = {name: getattr(client("sqs"), name) for name in (*names, "delete_message")}
    return FakeClients({"sqs": {**sqs, "list_message_move_tasks": refusal("InvalidAction")}})


def waiting(url: str) -> int:
    names = ["ApproximateNumberOfMessages"]
    answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return int(answer["Attributes"][names[0]])


def test_a_dry_run_counts_and_moves_none(
    dead: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive", "--dry-run"], client) == 0
    assert capsys.readouterr().out.splitlines() == [
        "refusals: no dead letters",
        "deliveries: no dead letters",
        "later: 12 dead letters would be moved",
    ]
    assert waiting(dead["LaterDeadLetters"]) == 12


def test_dead_letters_go_back_and_nobody_reads_them(
    dead: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive", "later", "--json"], without_move_tasks()) == 0
    printed = capsys.readouterr()
    row = {"queue": "later", "dead_letters": 12, "held": 0, "moved": 12, "failure": ""}
    assert json.loads(printed.out) == {"dry_run": False, "queues": [row]}
    assert "later: 10 of 12" in printed.err
    assert BODY not in printed.out + printed.err
    assert (waiting(dead["LaterQueue"]), waiting(dead["LaterDeadLetters"])) == (12, 0)


def test_a_move_that_fails_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("QueueArn", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    task = {"Status": "FAILED", "ApproximateNumberOfMessagesMoved": 2, "FailureReason": "Denied"}
    answers = {
        "get_queue_url": {"QueueUrl": "https://queue"},
        "get_queue_attributes": {"Attributes": dict.fromkeys(names, "4")},
        "list_message_move_tasks": [{"Results": []}, {"Results": [task]}],
        "start_message_move_task": {},
    }
    assert main(["--stage", "dev", "redrive", "later"], FakeClients({"sqs": answers})) == 1
    assert capsys.readouterr().out == "later: 2 moved back, then it ended: Denied\n"


def test_a_queue_that_there_is_not_is_named(
    service: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive", "letters"]) == 2
    assert capsys.readouterr().err == "infra.admin: no queue letters\n"
