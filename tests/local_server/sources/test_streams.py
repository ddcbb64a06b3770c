"""DynamoDB streams: which shards are followed, and through the running emulator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from local_server.errors import StoreError
from local_server.provisioning import Client
from local_server.sources.streams import StreamPoller
from local_server.testing import Running, emulator
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
    table = dynamodb(sample)
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


WRITTEN = """\
service: written
provider: { name: aws, region: eu-west-3, environment: { TABLE: !Ref Rows } }
functions:
  seen: { handler: h.seen, events: [{ stream: { arn: !GetAtt Rows.StreamArn } }] }
resources:
  Resources:
    Rows:
      Type: AWS::DynamoDB::Table
      Properties:
        AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
        KeySchema: [{ AttributeName: id, KeyType: HASH }]
        StreamSpecification: { StreamViewType: KEYS_ONLY }
"""


@pytest.mark.parametrize("kind", ["ministack", "moto"])
async def test_no_record_is_lost_to_a_jump_of_the_clock(tmp_path: Path, kind: str) -> None:
    (tmp_path / "serverless.yml").write_text(WRITTEN)
    (tmp_path / "h.py").write_text("def seen(event, context):\n    return None\n")
    async with emulator(tmp_path / "serverless.yml", store=kind) as gw:
        began = gw.now
        table = dynamodb(gw)
        # Iterators last for a quarter of an hour: those of before the jump have expired after it.
        table.put_item(TableName=gw.environment["TABLE"], Item={"id": {"S": "before"}})
        await gw.advance(3600)
        table.put_item(TableName=gw.environment["TABLE"], Item={"id": {"S": "after"}})
        table.close()
        async with asyncio.timeout(60):
            while len(changes := worked_off(gw)) < 2:
                await asyncio.sleep(0.01)
    assert [one["dynamodb"]["Keys"]["id"]["S"] for one in changes] == ["before", "after"]
    assert abs(changes[1]["dynamodb"]["ApproximateCreationDateTime"] - began / 1000 - 3600) < 60


def worked_off(gw: Running) -> list[Any]:
    """Records of batches that were no failures, as one that a jump has made late is."""
    done = [one for one in gw.invocations if one.error is None]
    return [record for one in done for record in one.event["Records"]]


def dynamodb(gw: Running) -> Client:
    client: Client = boto3.client(
        "dynamodb",
        endpoint_url=gw.store_url,
        region_name="eu-west-3",
        aws_access_key_id=gw.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=gw.environment["AWS_SECRET_ACCESS_KEY"],
    )
    return client
