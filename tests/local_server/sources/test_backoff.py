"""Trying again, ever later."""

import logging

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local_server.sources.backoff import backoff_s, patiently
from tests.local_server.sources.fakes import ImpatientClock


def test_the_wait_doubles_up_to_a_minute() -> None:
    assert [backoff_s(failures) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff_s(100_000) == 60


async def test_a_store_is_asked_until_it_answers(caplog: pytest.LogCaptureFixture) -> None:
    clock = ImpatientClock()
    failures: list[Exception] = [
        EndpointConnectionError(endpoint_url="http://x"),
        ClientError({"Error": {"Code": "Throttled"}}, "GetRecords"),
    ]

    async def call() -> str:
        if failures:
            raise failures.pop(0)
        return "answer"

    with caplog.at_level(logging.WARNING, "local_server"):
        assert await patiently(call, clock, "the queue") == "answer"
    assert clock.slept == [1, 2]
    assert [line.split(":")[0] for line in caplog.messages] == ["the queue cannot be read"] * 2


async def test_a_mistake_of_ours_is_not_tried_again() -> None:
    async def call() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await patiently(call, ImpatientClock(), "the queue")
