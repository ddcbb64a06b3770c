"""DynamoDB streams: which shards are followed, and through the running emulator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from local_server.errors import StoreError
from local_server.provisioning import Client
from local_server.sources.streams import StreamPoller
from local_server.testing import Running
from tests.local_server.conftest import Observer
from tests.local_server.sources.fakes import Functions, ImpatientClock, shared
from tests.local_server.sources.test_readers import STREAM


class Streams:
    """Shards by name, each with its parent and its records; a closed one ends after them."""

    def __init__(self) -> None:
        self.shards: dict[str, tuple[str | None, list[str], bool]] = {}
        self.opened: list[str] = []

    def add(
        self, name: str, *records: str, parent: str | None = None, closed: bool = False
    ) -> None:
        self.shards[name] = (parent, list(records), closed)

    def describe_stream(self, **request: str) -> dict[str, Any]:
        """A page for each shard."""
        names = list(self.shards)
        last = request.get("ExclusiveStartShardId")
        at = names.index(last) + 1 if last else 0
        parent, _, closed = self.shards[names[at]]
        shard: dict[str, Any] = {
            "ShardId": names[at],
            "SequenceNumberRange": {"EndingSequenceNumber": "9"} if closed else {},
        }
        page = {"Shards": [shard | ({"ParentShardId": parent} if parent else {})]}
        more = {"LastEvaluatedShardId": names[at]} if at + 1 < len(names) else {}
        return {"StreamDescription": page | more}

    def get_shard_iterator(self, **position: str) -> dict[str, str]:
        self.opened.append(f"{position['ShardId']} {position['ShardIteratorType']}")
        return {"ShardIterator": position["ShardId"]}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803
        _, left, closed = self.shards[ShardIterator]
        part, left[:] = left[:Limit], left[Limit:]
        ended = closed and not left
        return {"Records": [record(one) for one in part]} | (
            {} if ended else {"NextShardIterator": ShardIterator}
        )


def record(number: str) -> dict[str, Any]:
    return {
        "eventID": "e",
        "eventName": "INSERT",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime.fromtimestamp(0, UTC),
            "SequenceNumber": number,
            "StreamViewType": "KEYS_ONLY",
        },
    }


@asynccontextmanager
async def running(streams: Streams, functions: Functions, **changes: Any) -> AsyncIterator[None]:
    stream = replace(STREAM, **changes)
    poller = StreamPoller(stream, functions, cast(Client, streams), shared(ImpatientClock()))
    await poller.open()
    task = asyncio.ensure_future(poller.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def seen(events: list[Any]) -> list[str]:
    return [one["dynamodb"]["SequenceNumber"] for event in events for one in event["Records"]]


async def test_children_are_read_after_their_parent() -> None:
    streams, functions = Streams(), Functions()
    streams.add("child", "3", parent="first")
    streams.add("first", "1", "2", closed=True)
    streams.add("other", parent="first", closed=True)
    async with running(streams, functions):
        assert seen(await functions.until(2)) == ["1", "2", "3"]
    assert streams.opened == ["first TRIM_HORIZON", "child TRIM_HORIZON", "other TRIM_HORIZON"]


async def test_the_latest_are_those_that_come_after_the_start() -> None:
    streams, functions = Streams(), Functions()
    streams.add("over", "1", closed=True)
    streams.add("open", parent="over")
    async with running(streams, functions, from_horizon=False):
        assert streams.opened == ["open LATEST"]
        streams.add("child", "3", parent="open")
        streams.shards["open"] = ("over", ["2"], True)
        assert seen(await functions.until(2)) == ["2", "3"]
    assert streams.opened == ["open LATEST", "child TRIM_HORIZON"]


async def test_a_stream_that_the_store_does_not_have_stops_the_start() -> None:
    class Gone:
        def describe_stream(self, **_: str) -> None:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "DescribeStream")

    poller = StreamPoller(STREAM, Functions(), cast(Client, Gone()), shared())
    with pytest.raises(StoreError, match="arn:stream cannot be read"):
        await poller.open()


# Through the emulator


async def test_a_change_reaches_its_function(sample: Running, observer: Observer) -> None:
    environment = sample.environment
    table = boto3.client(
        "dynamodb",
        endpoint_url=sample.store_url,
        region_name="eu-west-3",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    key = {"id": {"S": observer.connection_id}}
    thing = {**key, "observer": {"S": observer.connection_id}}
    name = environment["THINGS_TABLE"]
    table.put_item(TableName=name, Item={**thing, "blob": {"B": b"\x01"}})
    table.put_item(TableName=name, Item=thing)
    table.delete_item(TableName=name, Key=key)
    table.close()
    changes = [await observer.next() for _ in range(3)]
    assert [change["eventName"] for change in changes] == ["INSERT", "MODIFY", "REMOVE"]
    first = changes[0]
    assert first["eventSourceARN"].startswith(
        f"arn:aws:dynamodb:eu-west-3:000000000000:table/{name}/stream/"
    )
    assert (first["eventVersion"], first["awsRegion"]) == ("1.1", "eu-west-3")
    assert first["dynamodb"]["Keys"] == key
    assert first["dynamodb"]["NewImage"]["blob"] == {"B": "AQ=="}
    assert first["dynamodb"]["SizeBytes"] > 0
    assert "OldImage" not in first["dynamodb"]
    assert changes[2]["dynamodb"]["OldImage"] == thing
