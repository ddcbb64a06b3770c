"""SQS queues: on fakes, on every embedded store, and through the running emulator."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from local_server.clock import Clock
from local_server.provisioning import Client
from local_server.sources.queues import Queue, QueuePoller
from local_server.template import LogicalId
from local_server.testing import Running, emulator
from tests.local_server.conftest import Observer
from tests.local_server.sources.fakes import RAISED, F, Functions, ImpatientClock, shared
from tests.local_server.sources.stores import Provisioned, provisioned

QUEUE = Queue(
    function=F,
    url="url",
    arn="arn",
    region="eu-west-3",
    batch_size=10,
    window_s=0,
    reports_failures=False,
    concurrency=5,
)


def report(*names: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": name} for name in names]}


# On fakes


class Sqs:
    """Hands out its messages once, remembers what is deleted, then never answers again."""

    def __init__(
        self,
        count: int,
        groups: str = "",
        *,
        refuses: int = 0,
        attributes: dict[str, str] | None = None,
    ) -> None:
        self._left = [
            {"MessageId": str(n), "ReceiptHandle": f"r{n}", "Body": "{}", "MD5OfBody": ""}
            | ({"Attributes": {"MessageGroupId": groups[n]}} if groups else {})
            | ({"Attributes": attributes} if attributes else {})
            for n in range(count)
        ]
        self._refuses = refuses
        self.asked: list[tuple[int, int]] = []
        self.deleted: list[str] = []

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        self.asked.append((asked["MaxNumberOfMessages"], asked["WaitTimeSeconds"]))
        if self._refuses:
            self._refuses -= 1
            raise EndpointConnectionError(endpoint_url="url")
        most = asked["MaxNumberOfMessages"]
        part, self._left = self._left[:most], self._left[most:]
        return {"Messages": part} if part else {}

    def delete_message_batch(self, *, Entries: list[dict[str, str]], **_: Any) -> None:  # noqa: N803
        self.deleted += [entry["ReceiptHandle"] for entry in Entries]


async def run(
    sqs: Sqs,
    functions: Functions,
    queue: Queue,
    *,
    count: int = 1,
    clock: Clock | None = None,
    follows_clock: bool = False,
) -> list[list[str]]:
    """Until so many batches are in work; then they are released and finished."""
    common = shared(clock)
    functions.released.clear()
    poller = QueuePoller(queue, functions, cast(Client, sqs), common, follows_clock)
    await poller.open()
    poll = asyncio.ensure_future(poller.run())
    await functions.until(count)
    poll.cancel()
    await asyncio.wait({poll})
    functions.released.set()
    await common.tasks.finish(5)
    return [[record["messageId"] for record in event["Records"]] for event in functions.events]


async def test_what_succeeds_is_deleted() -> None:
    sqs = Sqs(3)
    await run(sqs, Functions(), QUEUE)
    assert sqs.deleted == ["r0", "r1", "r2"]


async def test_a_batch_that_raises_stays() -> None:
    sqs = Sqs(3)
    await run(sqs, Functions(RAISED), QUEUE)
    assert sqs.deleted == []


async def test_what_is_reported_as_failed_stays() -> None:
    sqs = Sqs(3)
    await run(sqs, Functions(report("1")), replace(QUEUE, reports_failures=True))
    assert sqs.deleted == ["r0", "r2"]


async def test_a_report_that_was_not_asked_for_is_ignored() -> None:
    sqs = Sqs(2)
    await run(sqs, Functions(report("1")), QUEUE)
    assert sqs.deleted == ["r0", "r1"]


async def test_several_batches_are_in_work_at_once_up_to_a_bound() -> None:
    queue = replace(QUEUE, batch_size=2, concurrency=3)
    batches = await run(Sqs(9), Functions(), queue, count=3)
    assert batches == [["0", "1"], ["2", "3"], ["4", "5"]]


async def test_a_large_batch_is_gathered_and_deleted_in_parts() -> None:
    sqs = Sqs(25)
    batches = await run(sqs, Functions(), replace(QUEUE, batch_size=25))
    assert [len(batch) for batch in batches] == [25]
    assert [most for most, _ in sqs.asked[:3]] == [10, 10, 5]
    assert len(sqs.deleted) == 25


async def test_a_window_ends_by_the_clock() -> None:
    clock = Clock(lambda: 0)

    class Slow(Sqs):
        def receive_message(self, **asked: Any) -> dict[str, Any]:
            clock.advance(1) if self.asked else None
            return super().receive_message(**asked)

    sqs = Slow(3)
    await run(sqs, Functions(), replace(QUEUE, batch_size=100, window_s=3), clock=clock)
    assert sqs.asked[:4] == [(10, 2), (10, 2), (10, 2), (10, 1)]


async def test_times_are_the_clocks_that_handlers_compare_them_with() -> None:
    clock, functions = Clock(lambda: 5_000_000_000), Functions()
    clock.advance(60)
    stamps = {"SentTimestamp": "4000", "ApproximateFirstReceiveTimestamp": "5000"}
    sqs = Sqs(1, attributes={**stamps, "ApproximateReceiveCount": "1"})
    await run(sqs, functions, QUEUE, clock=clock)
    assert functions.events[0]["Records"][0]["attributes"] == {
        "SentTimestamp": "4000",
        "ApproximateFirstReceiveTimestamp": "65000",
        "ApproximateReceiveCount": "1",
    }


async def test_times_of_a_store_that_follows_the_clock_are_right_already() -> None:
    clock, functions = Clock(lambda: 5_000_000_000), Functions()
    clock.advance(60)
    sqs = Sqs(1, attributes={"SentTimestamp": "65000"})
    await run(sqs, functions, QUEUE, clock=clock, follows_clock=True)
    assert functions.events[0]["Records"][0]["attributes"] == {"SentTimestamp": "65000"}


async def test_a_queue_that_cannot_be_polled_is_asked_ever_later() -> None:
    clock = ImpatientClock()
    assert await run(Sqs(1, refuses=4), Functions(), QUEUE, clock=clock) == [["0"]]
    assert clock.slept == [1, 2, 4, 8]


async def test_what_was_received_is_not_lost_with_an_error() -> None:
    class Failing(Sqs):
        def receive_message(self, **asked: Any) -> dict[str, Any]:
            if len(self.asked) == 1:
                self._refuses = 1
            return super().receive_message(**asked)

    sqs = Failing(3)
    queue = replace(QUEUE, batch_size=100, window_s=300)
    assert await run(sqs, Functions(), queue) == [["0", "1", "2"]]
    assert sqs.deleted == ["r0", "r1", "r2"]


@pytest.mark.parametrize(("failed", "lines"), [(("0",), 1), (("0", "2"), 0), ((), 0)])
async def test_a_group_that_goes_out_of_order_is_warned_of(
    caplog: pytest.LogCaptureFixture, failed: tuple[str, ...], lines: int
) -> None:
    sqs = Sqs(3, "aba")
    queue = replace(QUEUE, arn="arn:jobs.fifo", reports_failures=True)
    with caplog.at_level(logging.WARNING, "local_server"):
        await run(sqs, Functions(report(*failed)), queue)
    assert len(caplog.messages) == lines
    assert sqs.deleted == [f"r{n}" for n in range(3) if str(n) not in failed]


# FIFO, on every embedded store

TEMPLATE = """\
service: fifo
provider: { name: aws, region: eu-west-3 }
resources:
  Resources:
    Failing:
      Type: AWS::SQS::Queue
      Properties: { FifoQueue: true, ContentBasedDeduplication: true, VisibilityTimeout: 1 }
    Busy:
      Type: AWS::SQS::Queue
      Properties: { FifoQueue: true, ContentBasedDeduplication: true }
"""
FAILING, BUSY = LogicalId("Failing"), LogicalId("Busy")


@pytest.fixture(scope="module", params=["ministack", "moto"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Provisioned]:
    with provisioned(request.param, tmp_path_factory.mktemp("fifo"), TEMPLATE) as running:
        yield running


def send_ordered(store: Provisioned, queue: LogicalId, *bodies: str) -> None:
    """The group is the first letter of the body."""
    for body in bodies:
        store.clients.sqs.send_message(
            QueueUrl=store.names.refs[queue], MessageBody=body, MessageGroupId=body[0]
        )


class Consumer(Functions):
    """Fails the first time it sees a body, and reports what comes after it in the group."""

    def __init__(self, *failing: str) -> None:
        super().__init__()
        self._failing = set(failing)
        self.batches: list[list[str]] = []

    async def invoke(self, name: Any, event: Any, call: Any = None) -> str:
        bodies = [record["body"] for record in event["Records"]]
        self.batches.append(bodies)
        await super().invoke(name, event, call)
        blocked: set[str] = set()
        failed: list[str] = []
        for record, body in zip(event["Records"], bodies, strict=True):
            if body in self._failing or body[0] in blocked:
                self._failing.discard(body)
                blocked.add(body[0])
                failed.append(record["messageId"])
        return json.dumps(report(*failed))

    async def until_seen(self, body: str) -> None:
        seen = 0
        while not any(body in batch for batch in self.batches[seen:]):
            seen = len(self.batches)
            await self.until(seen + 1)


@asynccontextmanager
async def consuming(
    store: Provisioned, queue: LogicalId, functions: Functions
) -> AsyncIterator[None]:
    settings = replace(
        QUEUE,
        url=store.names.refs[queue],
        arn=store.names.attributes[queue, "Arn"],
        reports_failures=True,
    )
    common = shared()
    poll = asyncio.ensure_future(QueuePoller(settings, functions, store.clients.sqs, common).run())
    try:
        yield
    finally:
        poll.cancel()
        await asyncio.wait({poll})
        functions.released.set()
        await common.tasks.finish(5)


async def test_a_group_keeps_its_order_through_a_failure(
    store: Provisioned, request: pytest.FixtureRequest
) -> None:
    if "moto" in request.node.name:
        pytest.skip("moto gives the last of a group first when several come back")
    send_ordered(store, FAILING, "a1", "a2", "b1", "a3")
    consumer = Consumer("a2")
    async with consuming(store, FAILING, consumer):
        await consumer.until_seen("a3")
        first = consumer.batches.pop(0)
        consumer.events.pop(0)
        await consumer.until_seen("a3")
    assert first == ["a1", "a2", "b1", "a3"]
    assert [body for batch in consumer.batches for body in batch] == ["a2", "a3"]


async def test_a_group_has_one_batch_in_work(store: Provisioned) -> None:
    send_ordered(store, BUSY, "c1")
    consumer = Consumer()
    consumer.released.clear()
    async with consuming(store, BUSY, consumer):
        await consumer.until_seen("c1")
        send_ordered(store, BUSY, "c2", "d1")
        await consumer.until_seen("d1")
        assert consumer.batches == [["c1"], ["d1"]]
        assert consumer.events[0]["Records"][0]["attributes"]["MessageGroupId"] == "c"
        consumer.released.set()
        await consumer.until_seen("c2")


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


# The clock

DELAYED = """\
service: delayed
provider: { name: aws, region: eu-west-3, environment: { QUEUE: !Ref Jobs } }
functions:
  send: { handler: h.send, timeout: 30 }
  work: { handler: h.work, timeout: 30, events: [{ sqs: { arn: !GetAtt Jobs.Arn } }] }
resources:
  Resources:
    Jobs: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: 600 } }
"""
DELAYING = """\
import os
import boto3
def send(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], **event)
def work(event, context):
    (record,) = event["Records"]
    if record["attributes"]["ApproximateReceiveCount"] == "1":
        raise ValueError("not yet")
"""


@pytest.mark.parametrize("kind", ["ministack", "moto"])
async def test_what_is_delayed_or_failed_comes_back_by_the_clock(tmp_path: Path, kind: str) -> None:
    (tmp_path / "serverless.yml").write_text(DELAYED)
    (tmp_path / "h.py").write_text(DELAYING)
    async with emulator(tmp_path / "serverless.yml", store=kind) as gw:
        began = gw.now
        await gw.invoke("send", {"MessageBody": "{}", "DelaySeconds": 900})
        for count, seconds in enumerate((900, 600), 1):
            await gw.advance(seconds)
            shown = await works(gw, count)
    attributes = shown["Records"][0]["attributes"]
    assert attributes["ApproximateReceiveCount"] == "2"
    assert 0 <= int(attributes["SentTimestamp"]) - began < 60_000
    first_received = int(attributes["ApproximateFirstReceiveTimestamp"])
    assert 0 <= first_received - began - 900_000 < 60_000


async def works(gw: Running, count: int) -> Any:
    """What `work` was shown last, once it has been done with so many."""
    async with asyncio.timeout(60):
        while (
            len(events := [one.event for one in gw.invocations if one.function == "work"]) < count
        ):
            await asyncio.sleep(0.01)
    return events[-1]
