"""SQS event sources: on fakes, and through the running emulator."""

import asyncio
import json
from typing import Any, cast

import boto3
import pytest

from local_server.errors import FunctionRaised
from local_server.provisioning import Client
from local_server.sources import Queue, Source, failed_ids
from local_server.tasks import Tasks
from local_server.template import FunctionName
from local_server.testing import Running
from tests.local_server.conftest import Observer

# Reports


@pytest.mark.parametrize(
    ("payload", "failed"),
    [
        ("null", set()),
        ("{}", set()),
        ('{"batchItemFailures": null}', set()),
        ('{"batchItemFailures": []}', set()),
        ('{"batchItemFailures": [{"itemIdentifier": "a"}]}', {"a"}),
        ('{"batchItemFailures": [{"itemIdentifier": "c"}]}', {"a", "b"}),
        ('{"batchItemFailures": [{"itemIdentifier": ""}]}', {"a", "b"}),
        ('{"batchItemFailures": [{"itemIdentifier": null}]}', {"a", "b"}),
        ('{"batchItemFailures": [{"other": "a"}]}', {"a", "b"}),
        ('{"batchItemFailures": ["a"]}', {"a", "b"}),
        ('{"batchItemFailures": {}}', {"a", "b"}),
        ('"text"', {"a", "b"}),
    ],
)
def test_a_bad_report_fails_the_whole_batch(payload: str, failed: set[str]) -> None:
    assert failed_ids(payload, {"a", "b"}) == failed


# On fakes


class Sqs:
    """Hands out its messages once, remembers what is deleted, then never answers again."""

    def __init__(self, count: int) -> None:
        self._left = [
            {"MessageId": str(n), "ReceiptHandle": f"r{n}", "Body": "{}", "MD5OfBody": ""}
            for n in range(count)
        ]
        self.asked: list[int] = []
        self.deleted: list[str] = []

    def receive_message(self, *, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.asked.append(MaxNumberOfMessages)
        part, self._left = self._left[:MaxNumberOfMessages], self._left[MaxNumberOfMessages:]
        return {"Messages": part} if part else {}

    def delete_message_batch(self, *, Entries: list[dict[str, str]], **_: Any) -> None:  # noqa: N803
        self.deleted += [entry["ReceiptHandle"] for entry in Entries]


class Invoker:
    """Answers the same to every batch, once it is allowed to."""

    def __init__(self, result: Any = None, expected: int = 1) -> None:
        self._result = result
        self._expected = expected
        self.batches: list[list[str]] = []
        self.all_in_work = asyncio.Event()
        self.released = asyncio.Event()

    async def invoke(self, name: FunctionName, event: Any) -> str:
        self.batches.append([record["messageId"] for record in event["Records"]])
        if len(self.batches) == self._expected:
            self.all_in_work.set()
        await self.released.wait()
        if isinstance(self._result, Exception):
            raise self._result
        return json.dumps(self._result)


def queue(batch_size: int = 10, reports: bool = False, concurrency: int = 5) -> Queue:
    return Queue(FunctionName("f"), "url", "arn", "eu", batch_size, 0, reports, concurrency)


async def run(sqs: Sqs, invoker: Invoker, settings: Queue) -> None:
    """Until the expected batches are in work; then they are released and finished."""
    tasks = Tasks()
    poll = asyncio.ensure_future(Source(settings, invoker, cast(Client, sqs), tasks).run())
    async with asyncio.timeout(5):
        await invoker.all_in_work.wait()
    poll.cancel()
    await asyncio.wait({poll})
    invoker.released.set()
    await tasks.finish(5)


async def test_what_succeeds_is_deleted() -> None:
    sqs = Sqs(3)
    await run(sqs, Invoker(), queue())
    assert sqs.deleted == ["r0", "r1", "r2"]


async def test_a_batch_that_raises_stays() -> None:
    sqs = Sqs(3)
    await run(sqs, Invoker(FunctionRaised("ValueError", "x")), queue())
    assert sqs.deleted == []


async def test_what_is_reported_as_failed_stays() -> None:
    sqs = Sqs(3)
    report = {"batchItemFailures": [{"itemIdentifier": "1"}]}
    await run(sqs, Invoker(report), queue(reports=True))
    assert sqs.deleted == ["r0", "r2"]


async def test_a_report_that_was_not_asked_for_is_ignored() -> None:
    sqs = Sqs(2)
    await run(sqs, Invoker({"batchItemFailures": [{"itemIdentifier": "1"}]}), queue())
    assert sqs.deleted == ["r0", "r1"]


async def test_several_batches_are_in_work_at_once_up_to_a_bound() -> None:
    sqs, invoker = Sqs(9), Invoker(expected=3)
    await run(sqs, invoker, queue(batch_size=2, concurrency=3))
    assert invoker.batches == [["0", "1"], ["2", "3"], ["4", "5"]]


async def test_a_large_batch_is_gathered_and_deleted_in_parts() -> None:
    sqs, invoker = Sqs(25), Invoker()
    await run(sqs, invoker, queue(batch_size=25))
    assert [len(batch) for batch in invoker.batches] == [25]
    assert max(sqs.asked) == 10
    assert len(sqs.deleted) == 25


# Through the emulator


def send(sample: Running, **job: Any) -> None:
    environment = sample.environment
    client = boto3.client(
        "sqs",
        endpoint_url=sample.store_url,
        region_name="eu-west-3",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    client.send_message(QueueUrl=environment["JOBS_QUEUE_URL"], MessageBody=json.dumps(job))
    client.close()


async def test_a_message_reaches_its_function(sample: Running, observer: Observer) -> None:
    send(sample, observer=observer.connection_id)
    shown = await observer.next()
    assert shown["consumer"] == "work"
    assert shown["record"]["eventSourceARN"] == sample.environment["JOBS_QUEUE_ARN"]
    assert shown["record"]["awsRegion"] == "eu-west-3"
    assert shown["record"]["attributes"]["ApproximateReceiveCount"] == "1"


@pytest.mark.parametrize("failure", ["fail", "raise"])
async def test_what_fails_ends_among_the_dead_letters(
    sample: Running, observer: Observer, failure: str
) -> None:
    send(sample, observer=observer.connection_id, **{failure: True})
    shown = await observer.next()
    while shown["consumer"] != "bury":
        shown = await observer.next()
    assert json.loads(shown["record"]["body"])[failure] is True
