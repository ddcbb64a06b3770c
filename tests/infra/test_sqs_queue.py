"""What is its own; what queues do is in test_queues.py."""

from infra.sqs_queue import SqsQueue
from tests.aws import REGION


def test_a_queue_costs_nothing_until_something_is_put() -> None:
    assert "_client" not in vars(SqsQueue("https://example.com/q", REGION))
