"""Over either library: what holds for one holds for the other."""

import contextvars
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.curl_queue import CurlQueue
from infra.invocation import begin
from infra.queues import (
    MAX_BYTES,
    MAX_MESSAGES,
    Entry,
    Queue,
    SqsDeliveries,
    SqsLater,
    SqsRefusals,
    batches,
    entries,
)
from infra.sqs_queue import SqsQueue
from notify.codes import Code
from notify.errors import Unavailable
from notify.jobs import LeaveJob, PartJob, parse_job
from notify.model import ConnectionId, Pattern, Username
from tests.aws import REGION, client

MakeQueue = Callable[[str], Queue]


@pytest.fixture(params=[CurlQueue, SqsQueue])
def queue(request: pytest.FixtureRequest) -> MakeQueue:
    return lambda url: request.param(url, REGION)


def messages(url: str) -> list[dict[str, Any]]:
    answer = client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return list(answer.get("Messages", []))


def received(url: str) -> list[str]:
    return [message["Body"] for message in messages(url)]


def test_a_refusal_names_the_connection_and_the_code(
    service: dict[str, str], queue: MakeQueue
) -> None:
    url = service["RefusalsQueue"]
    SqsRefusals(queue(url)).put(ConnectionId("c1"), Code.UNAUTHORIZED)
    assert [json.loads(body) for body in received(url)] == [{"connection_id": "c1", "code": 4001}]


def test_more_jobs_than_a_batch_takes_all_arrive(service: dict[str, str], queue: MakeQueue) -> None:
    url = service["DeliveriesQueue"]
    jobs = [PartJob("bc", part) for part in range(23)]
    SqsDeliveries(queue(url)).put(jobs)
    found = [parse_job(body) for _ in range(3) for body in received(url)]
    assert sorted(job.part for job in found) == list(range(23))


def test_what_is_put_off_waits_as_long_as_asked(service: dict[str, str], queue: MakeQueue) -> None:
    url = service["LaterQueue"]
    SqsLater(queue(url)).put([LeaveJob(Pattern("room:1"), Username("alice"))], 600)
    attributes = client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )
    assert attributes["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"
    assert received(url) == []


def test_a_message_bears_the_id_of_the_request_that_it_comes_of(
    service: dict[str, str], queue: MakeQueue
) -> None:
    begin("order-12")
    SqsDeliveries(queue(service["DeliveriesQueue"])).put([PartJob("bc", 0)])
    (message,) = messages(service["DeliveriesQueue"])
    attribute = {"DataType": "String", "StringValue": "order-12"}
    assert message["MessageAttributes"] == {"correlation_id": attribute}


def test_what_no_request_has_asked_for_bears_no_id(
    service: dict[str, str], queue: MakeQueue
) -> None:
    deliveries = SqsDeliveries(queue(service["DeliveriesQueue"]))
    contextvars.Context().run(deliveries.put, [PartJob("bc", 0)])
    (message,) = messages(service["DeliveriesQueue"])
    assert "MessageAttributes" not in message


def size(entry: Entry) -> int:
    """As SQS counts it: the body, and of each attribute the name, the type and the value."""
    attributes = entry["MessageAttributes"].items()
    texts = [
        entry["MessageBody"],
        *(text for name, value in attributes for text in (name, *value.values())),
    ]
    return sum(len(text.encode()) for text in texts)


def test_the_longest_id_leaves_a_batch_below_the_limit_of_sqs() -> None:
    begin(128 * "x")
    (batch,) = entries(MAX_MESSAGES * [MAX_BYTES // MAX_MESSAGES * "y"])
    assert len(batch) == MAX_MESSAGES
    assert sum(map(size, batch)) < 256 * 1024


def test_a_queue_that_is_not_there_is_unavailable(
    service: dict[str, str], queue: MakeQueue
) -> None:
    with pytest.raises(Unavailable):
        queue("https://sqs.eu-central-1.amazonaws.com/123456789012/no-such").put(["x"])


@given(st.lists(st.integers(0, MAX_BYTES).map(lambda size: "x" * size), max_size=25))
def test_every_batch_is_one_that_sqs_takes(bodies: list[str]) -> None:
    made = list(batches(bodies))
    assert [body for batch in made for body in batch] == bodies
    assert all(0 < len(batch) <= MAX_MESSAGES for batch in made)
    assert all(sum(len(body) for body in batch) <= MAX_BYTES for batch in made)
