from typing import Any

import pytest

from infra.admin.dead_letters import QUEUES, DeadLetters, Moved, find_dead_letters, move
from infra.admin.stage import Stage
from tests.aws import PREFIX, REGION, client, resources
from tests.infra.admin.clients import FakeClients, refusal

LETTERS = DeadLetters("later", "https://later", "https://later-dead", count=3, held=0)


def arn_of(**arguments: Any) -> dict[str, Any]:
    name = arguments["QueueUrl"].rpartition("/")[2]
    return {"Attributes": {"QueueArn": f"arn:aws:sqs:eu-central-1:1:{name}"}}


def task(status: str, moved: int, **more: Any) -> dict[str, Any]:
    fields = {"Status": status, "ApproximateNumberOfMessagesMoved": moved}
    return {"Results": [{**fields, "ApproximateNumberOfMessagesToMove": 3, **more}]}


def sqs(*tasks: dict[str, Any], **answers: Any) -> FakeClients:
    known = {"get_queue_attributes": arn_of, "start_message_move_task": {"TaskHandle": "h"}}
    return FakeClients({"sqs": {**known, "list_message_move_tasks": list(tasks), **answers}})


def test_the_queues_are_those_that_are_deployed() -> None:
    names = {
        resource["Properties"]["QueueName"].removeprefix(PREFIX)
        for resource in resources("infra/queues.yml").values()
    }
    assert names == {*QUEUES, *(f"{queue}-dead" for queue in QUEUES)}


def test_dead_letters_are_counted(service: dict[str, str]) -> None:
    url = service["LaterDeadLetters"]
    for number in range(3):
        client("sqs").send_message(QueueUrl=url, MessageBody=str(number))
    client("sqs").receive_message(QueueUrl=url)
    found = find_dead_letters(Stage("", PREFIX, REGION, client), "later")
    assert (found.count, found.held) == (2, 1)


def test_sqs_moves_them_and_is_followed() -> None:
    clients = sqs({"Results": []}, task("RUNNING", 1), task("COMPLETED", 3))
    slept: list[float] = []
    told = list(move(clients("sqs"), LETTERS, 50, slept.append))
    assert told == [Moved(1, 3), Moved(3, 3)]
    assert slept == [1.0]
    (started,) = clients.asked("start_message_move_task")
    assert started == {
        "SourceArn": "arn:aws:sqs:eu-central-1:1:later-dead",
        "DestinationArn": "arn:aws:sqs:eu-central-1:1:later",
        "MaxNumberOfMessagesPerSecond": 50,
    }


def test_a_move_that_runs_already_is_followed_and_no_other_started() -> None:
    clients = sqs(task("RUNNING", 1), task("COMPLETED", 3))
    assert list(move(clients("sqs"), LETTERS, None, lambda _: None)) == [Moved(3, 3)]
    assert clients.asked("start_message_move_task") == []


@pytest.mark.parametrize(
    ("ended", "why"),
    [
        (task("FAILED", 1, FailureReason="AccessDenied"), "AccessDenied"),
        (task("CANCELLED", 1), "cancelled"),
    ],
)
def test_a_move_that_ends_badly_says_why(ended: dict[str, Any], why: str) -> None:
    clients = sqs({"Results": []}, ended)
    assert list(move(clients("sqs"), LETTERS, None, lambda _: None)) == [Moved(1, 3, why)]


def test_what_is_refused_is_not_done_by_hand() -> None:
    clients = sqs({"Results": []}, start_message_move_task=refusal("AccessDenied"))
    with pytest.raises(type(refusal("AccessDenied"))):
        list(move(clients("sqs"), LETTERS, None, lambda _: None))


def by_hand(**answers: Any) -> FakeClients:
    messages = [{"Body": str(n), "ReceiptHandle": f"r{n}"} for n in range(3)]
    known = {
        "list_message_move_tasks": refusal("UnknownOperationException"),
        "receive_message": [{"Messages": messages}, {}],
        "send_message": {},
        "delete_message": {},
    }
    return sqs(**known | answers)


def test_where_sqs_cannot_they_are_moved_by_hand_each_sent_before_it_is_deleted() -> None:
    clients = by_hand()
    assert list(move(clients("sqs"), LETTERS, None, lambda _: None)) == [Moved(3, 3)]
    calls = [name for name, _ in clients.calls if name in ("send_message", "delete_message")]
    assert calls == ["send_message", "delete_message"] * 3


def test_a_letter_that_cannot_be_sent_is_not_deleted() -> None:
    clients = by_hand(send_message=[{}, refusal("Throttled")])
    with pytest.raises(type(refusal("Throttled"))):
        list(move(clients("sqs"), LETTERS, None, lambda _: None))
    assert [call["ReceiptHandle"] for call in clients.asked("delete_message")] == ["r0"]
