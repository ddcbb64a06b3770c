"""Dead letters: how many there are, and how they get back to the queue that gave them up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.admin.stage import Stage, error_code

QUEUES = ("refusals", "deliveries", "later")  # infra/queues.yml
# What says that there are no move tasks here: a stand-in for SQS may lack them.
UNKNOWN_OPERATION = frozenset(
    {"InvalidAction", "UnknownOperation", "UnknownOperationException", "NotImplemented", "404"}
)
ENDED = frozenset({"COMPLETED", "CANCELLED", "FAILED"})
POLL_SECONDS = 1.0
# Without it SQS asks a few of its servers only, and a queue may look empty that is not.
WAIT_SECONDS = 1


@dataclass(frozen=True)
class DeadLetters:
    """Of one queue. `count`: those that wait, as SQS approximates it; `held`: those that somebody
    has received and not yet deleted."""

    queue: str
    url: str
    dead_url: str
    count: int
    held: int


@dataclass(frozen=True)
class Moved:
    """How far it has come. `failure` is empty unless it ended badly."""

    moved: int
    of: int
    failure: str = ""


def find_dead_letters(stage: Stage, queue: str) -> DeadLetters:
    """Raises: ClientError."""
    client = stage.client("sqs")
    url, dead_url = (
        str(client.get_queue_url(QueueName=f"{stage.prefix}{name}")["QueueUrl"])
        for name in (queue, f"{queue}-dead")
    )
    numbers = _attributes(
        client,
        dead_url,
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
    )
    count, held = (int(number) for number in numbers)
    return DeadLetters(queue, url, dead_url, count, held)


def move(
    client: Any, letters: DeadLetters, rate: int | None, sleep: Callable[[float], object]
) -> Iterator[Moved]:
    """Moves them, and tells again and again how far it is. SQS does it, or where it has no move
    tasks we do: then each is sent before it is deleted, so that one may come twice but none is
    lost. Raises: ClientError."""
    try:
        _start(client, letters, rate)
    except ClientError as error:
        if error_code(error) not in UNKNOWN_OPERATION:
            raise
        yield from _move_by_hand(client, letters)
        return
    yield from _follow(client, letters, sleep)


def _start(client: Any, letters: DeadLetters, rate: int | None) -> None:
    source = _arn(client, letters.dead_url)
    tasks = client.list_message_move_tasks(SourceArn=source, MaxResults=1).get("Results", ())
    if any(task["Status"] == "RUNNING" for task in tasks):
        return  # SQS takes one task a queue: somebody else's is ours to follow
    pace = {} if rate is None else {"MaxNumberOfMessagesPerSecond": rate}
    client.start_message_move_task(
        SourceArn=source, DestinationArn=_arn(client, letters.url), **pace
    )


def _follow(client: Any, letters: DeadLetters, sleep: Callable[[float], object]) -> Iterator[Moved]:
    source = _arn(client, letters.dead_url)
    while True:
        (task,) = client.list_message_move_tasks(SourceArn=source, MaxResults=1)["Results"]
        moved = int(task.get("ApproximateNumberOfMessagesMoved", 0))
        of = int(task.get("ApproximateNumberOfMessagesToMove", letters.count))
        failure = "" if task["Status"] in ("RUNNING", "COMPLETED") else _failure(task)
        yield Moved(moved, max(moved, of), failure)
        if task["Status"] in ENDED:
            return
        sleep(POLL_SECONDS)


def _failure(task: dict[str, Any]) -> str:
    return str(task.get("FailureReason") or task["Status"].lower())


def _move_by_hand(client: Any, letters: DeadLetters) -> Iterator[Moved]:
    moved = 0
    while batch := _receive(client, letters):
        for message in batch:
            client.send_message(
                QueueUrl=letters.url,
                MessageBody=message["Body"],
                MessageAttributes=message.get("MessageAttributes", {}),
            )
            client.delete_message(QueueUrl=letters.dead_url, ReceiptHandle=message["ReceiptHandle"])
        moved += len(batch)
        yield Moved(moved, max(moved, letters.count))


def _receive(client: Any, letters: DeadLetters) -> list[dict[str, Any]]:
    answer = client.receive_message(
        QueueUrl=letters.dead_url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        WaitTimeSeconds=WAIT_SECONDS,
    )
    return list(answer.get("Messages", ()))


def _arn(client: Any, url: str) -> str:
    (arn,) = _attributes(client, url, "QueueArn")
    return arn


def _attributes(client: Any, url: str, *names: str) -> list[str]:
    answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))
    return [str(answer["Attributes"][name]) for name in names]
