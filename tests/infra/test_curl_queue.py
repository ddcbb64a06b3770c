"""What is its own; what queues do is in test_queues.py."""

import json
from collections.abc import Iterator

import pytest

from infra.access_keys import AccessKeyError
from infra.curl import Answer
from infra.curl_queue import CurlQueue
from infra.json_service import Carry, json_service
from notify.errors import Unavailable
from tests.rows import DOWN, ok, refusal

REGION, URL = "eu-west-3", "https://sqs/q"


@pytest.fixture
def carried() -> Iterator[list[Carry]]:
    """By whom; and put back."""
    sqs = json_service("sqs", REGION)
    before, ways = sqs.carry, list[Carry]()
    sqs.carry = lambda operation, body: ways[0](operation, body)
    yield ways
    sqs.carry = before


def test_a_batch_is_what_sqs_takes(carried: list[Carry]) -> None:
    asked = []

    def carry(operation: str, body: bytes) -> Answer:
        asked.append((operation, json.loads(body)))
        return ok({"Successful": [], "Failed": []})

    carried.append(carry)
    CurlQueue(URL, REGION).put(["a", "zoë"], delay_seconds=7)
    (call,) = asked
    assert call == (
        "SendMessageBatch",
        {
            "QueueUrl": URL,
            "Entries": [
                {"Id": "0", "MessageBody": "a", "DelaySeconds": 7},
                {"Id": "1", "MessageBody": "zoë", "DelaySeconds": 7},
            ],
        },
    )


@pytest.mark.parametrize(
    "answer",
    [DOWN, refusal("AccessDenied"), ok({"Failed": [{"Id": "0"}]})],
    ids=["down", "refused", "not all of it"],
)
def test_what_is_not_taken_is_unavailable(carried: list[Carry], answer: Answer) -> None:
    carried.append(lambda operation, body: answer)
    with pytest.raises(Unavailable):
        CurlQueue(URL, REGION).put(["a"])


def test_without_an_access_key_it_is_unavailable(carried: list[Carry]) -> None:
    def carry(operation: str, body: bytes) -> Answer:
        raise AccessKeyError

    carried.append(carry)
    with pytest.raises(Unavailable):
        CurlQueue(URL, REGION).put(["a"])
