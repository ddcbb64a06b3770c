"""One shard: its batches, and what happens to those that fail."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from local_server.clock import Clock
from local_server.provisioning import Client
from local_server.sources.batches import Policy
from local_server.sources.cursors import Cursor
from local_server.sources.readers import ShardReader, Stream
from tests.local_server.sources.fakes import RAISED, F, Functions, ImpatientClock, shared

STREAM = Stream(
    function=F,
    arn="arn:stream",
    region="eu-west-3",
    batch_size=3,
    window_s=0,
    from_horizon=True,
    policy=Policy(reports_failures=False, bisects=False, retries=None, max_age_ms=86_400_000),
)


def policy(**changes: Any) -> Stream:
    return replace(STREAM, policy=replace(STREAM.policy, **changes))


class Shard:
    """Has so many records, numbered, and ends after them; refuses where it is told to."""

    def __init__(self, count: int, pages: Sequence[int] = (), *, refuses: int = 0) -> None:
        self._left = [record(number) for number in range(count)]
        self._pages = list(pages)
        self._refuses = refuses

    def get_shard_iterator(self, **_: str) -> dict[str, str]:
        return {"ShardIterator": "one"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> Any:  # noqa: N803
        if self._refuses:
            self._refuses -= 1
            raise ClientError({"Error": {"Code": "InternalServerError"}}, "GetRecords")
        count = min(Limit, self._pages.pop(0)) if self._pages else Limit
        part, self._left = self._left[:count], self._left[count:]
        return {"Records": part} | ({"NextShardIterator": "next"} if self._left else {})


def record(number: int) -> dict[str, Any]:
    return {
        "eventID": "e",
        "eventName": "INSERT",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime.fromtimestamp(0, UTC),
            "Keys": {"id": {"N": str(number)}},
            "SequenceNumber": str(number),
            "StreamViewType": "KEYS_ONLY",
        },
    }


async def run(
    stream: Stream, shard: Shard, functions: Functions, clock: Clock | None = None
) -> list[float]:
    """To the end of the shard; what was slept."""
    impatient = ImpatientClock()
    place = Cursor(cast(Client, shard), stream.arn, "shard", "TRIM_HORIZON")
    reader = ShardReader(stream, place, functions, shared(clock or impatient))
    async with asyncio.timeout(30):
        await reader.run()
    return impatient.slept


def batches(functions: Functions) -> list[str]:
    return [
        "".join(one["dynamodb"]["SequenceNumber"] for one in event["Records"])
        for event in functions.events
    ]


def report(*numbers: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers]}


async def test_records_come_in_batches_and_in_order() -> None:
    functions = Functions()
    assert await run(STREAM, Shard(8), functions) == []
    assert batches(functions) == ["012", "345", "67"]
    (first, *_) = functions.events[0]["Records"]
    assert first["eventSourceARN"] == "arn:stream"
    assert first["awsRegion"] == "eu-west-3"


async def test_records_of_a_store_that_follows_the_clock_are_dated_already() -> None:
    clock, functions = ImpatientClock(), Functions()
    clock.advance(3600)
    place = Cursor(cast(Client, Shard(1)), STREAM.arn, "shard", "TRIM_HORIZON")
    async with asyncio.timeout(30):
        await ShardReader(STREAM, place, functions, shared(clock), follows_clock=True).run()
    (record,) = functions.events[0]["Records"]
    assert record["dynamodb"]["ApproximateCreationDateTime"] == 0


async def test_records_are_dated_by_the_clock_as_it_was_when_they_were_written() -> None:
    machine, functions = [0], Functions()
    clock = Clock(lambda: machine[0] * 1_000_000_000)
    machine[0] = 1
    clock.advance(3600)
    # The shard's records are of second 0.
    await run(replace(STREAM, batch_size=1), Shard(1), functions, clock)
    clock = Clock(lambda: 0)
    clock.advance(3600)
    await run(replace(STREAM, batch_size=1), Shard(1), functions, clock)
    dates = [
        event["Records"][0]["dynamodb"]["ApproximateCreationDateTime"] for event in functions.events
    ]
    assert dates == [0, 3600]


async def test_whatever_is_there_is_one_batch() -> None:
    functions = Functions()
    await run(STREAM, Shard(4, pages=[1, 1, 0, 1]), functions)
    assert batches(functions) == ["01", "23"]


async def test_a_window_waits_for_more() -> None:
    functions = Functions()
    slept = await run(replace(STREAM, window_s=1), Shard(4, pages=[1, 0, 0, 1, 0, 1]), functions)
    assert batches(functions) == ["012", "3"]
    assert slept == [0.25] * 3


async def test_a_window_ends() -> None:
    functions = Functions()
    slept = await run(replace(STREAM, window_s=1), Shard(2, pages=[1, 0, 0, 0, 0, 0]), functions)
    assert batches(functions) == ["0", "1"]
    assert slept == [0.25] * 4


async def test_an_empty_shard_is_looked_at_four_times_a_second() -> None:
    assert await run(STREAM, Shard(1, pages=[0, 0]), Functions()) == [0.25, 0.25]


async def test_a_batch_that_fails_is_tried_before_anything_later() -> None:
    functions = Functions(RAISED, RAISED, RAISED, None)
    assert await run(STREAM, Shard(5), functions) == [1, 2, 4]
    assert batches(functions) == ["012"] * 4 + ["34"]


async def test_a_batch_is_given_up_after_its_retries(caplog: pytest.LogCaptureFixture) -> None:
    functions = Functions(RAISED, RAISED, None)
    with caplog.at_level(logging.ERROR, "local_server"):
        await run(policy(retries=1), Shard(5), functions)
    assert batches(functions) == ["012", "012", "34"]
    assert caplog.messages == ["f: 3 records are given up"]


async def test_a_batch_starts_again_at_the_record_that_is_reported() -> None:
    functions = Functions(report("2", "1"), report("1"), None)
    await run(policy(reports_failures=True), Shard(4), functions)
    assert batches(functions) == ["012", "12", "12", "3"]


async def test_a_report_that_was_not_asked_for_is_ignored() -> None:
    functions = Functions(report("1"))
    await run(STREAM, Shard(3), functions)
    assert batches(functions) == ["012"]


async def test_a_batch_that_fails_may_be_split() -> None:
    functions = Functions(RAISED, RAISED, None, None, None)
    await run(policy(bisects=True, retries=0), Shard(6), functions)
    assert batches(functions) == ["012", "0", "12", "345"]


async def test_records_that_are_too_old_are_given_up(caplog: pytest.LogCaptureFixture) -> None:
    functions = Functions(RAISED, RAISED, None)
    with caplog.at_level(logging.ERROR, "local_server"):
        await run(policy(max_age_ms=2_500), Shard(3), functions)
    assert batches(functions) == ["012", "012"]
    assert caplog.messages == ["f: 3 records are given up"]


async def test_a_record_is_as_old_as_it_was_when_the_clock_was_advanced() -> None:
    clock, functions = ImpatientClock(), Functions()
    clock.advance(7 * 86_400)
    await run(STREAM, Shard(3), functions, clock)
    assert batches(functions) == ["012"]


async def test_a_store_that_refuses_is_asked_later() -> None:
    functions = Functions()
    assert await run(STREAM, Shard(2, refuses=2), functions) == [1, 2]
    assert batches(functions) == ["01"]


async def test_an_invocation_goes_on_when_the_reader_is_cancelled() -> None:
    functions = Functions()
    functions.released.clear()
    common = shared(ImpatientClock())
    place = Cursor(cast(Client, Shard(1)), "arn", "shard", "TRIM_HORIZON")
    reading = asyncio.ensure_future(ShardReader(STREAM, place, functions, common).run())
    await functions.until(1)
    reading.cancel()
    await asyncio.wait({reading})
    functions.released.set()
    await common.tasks.finish(5)
    assert functions.done == 1
