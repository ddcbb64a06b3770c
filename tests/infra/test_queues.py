"""Over either library: what holds for one holds for the other."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.curl_queue import CurlQueue
from infra.queues import (
    MAX_BYTES,
    MAX_MESSAGES,
    Queue,
    SqsDeliveries,
    SqsLater,
    SqsRefusals,
    batches,
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


def received(url: str) -> list[str]:
    answer = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [entry["Body"] for entry in answer.get("Messages", [])]


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
