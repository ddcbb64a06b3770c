"""A place in a shard: when iterators end, and on every embedded store."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from local_server.provisioning import Client
from local_server.sources.cursors import Cursor
from local_server.template import LogicalId
from tests.local_server.sources.stores import Provisioned, provisioned

TEMPLATE = """\
service: cursors
provider: { name: aws, region: eu-west-3 }
resources:
  Resources:
    Things:
      Type: AWS::DynamoDB::Table
      Properties:
        AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
        KeySchema: [{ AttributeName: id, KeyType: HASH }]
        StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
"""


def numbers(records: list[Mapping[str, Any]]) -> list[str]:
    return [record["dynamodb"]["SequenceNumber"] for record in records]


# On a fake


class Streams:
    """Gives what it is told to, and notes how it was asked for an iterator."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.iterators: list[str] = []
        self.limits: list[int] = []

    def get_shard_iterator(self, **position: str) -> dict[str, str]:
        after = position.get("SequenceNumber", "")
        self.iterators.append(f"{position['ShardIteratorType']}{after}")
        return {"ShardIterator": self.iterators[-1]}

    def get_records(self, *, ShardIterator: str, Limit: int) -> Any:  # noqa: N803
        self.limits.append(Limit)
        answer = self._answers.pop(0)
        if isinstance(answer, str):
            raise ClientError({"Error": {"Code": answer}}, "GetRecords")
        return answer


def page(*sequence_numbers: str, last: bool = False) -> dict[str, Any]:
    records = [{"dynamodb": {"SequenceNumber": number}} for number in sequence_numbers]
    return {"Records": records} | ({} if last else {"NextShardIterator": "next"})


def cursor(streams: Streams) -> Cursor:
    return Cursor(cast(Client, streams), "arn", "shard", "LATEST")


async def test_it_starts_where_it_is_told_to() -> None:
    streams = Streams(page("1"), page("2"))
    place = cursor(streams)
    await place.open()
    await place.open()
    assert numbers(await place.read(5000)) == ["1"]
    assert numbers(await place.read(10)) == ["2"]
    assert streams.iterators == ["LATEST"]
    assert streams.limits == [1000, 10]


async def test_an_iterator_that_has_expired_is_replaced() -> None:
    streams = Streams(page("1"), "ExpiredIteratorException", page("2"))
    place = cursor(streams)
    assert [numbers(await place.read(10)) for _ in range(3)] == [["1"], [], ["2"]]
    assert streams.iterators == ["LATEST", "AFTER_SEQUENCE_NUMBER1"]


@pytest.mark.parametrize(
    ("there", "again"),
    [([page()], "TRIM_HORIZON"), ([page("1", "2"), page()], "AFTER_SEQUENCE_NUMBER2")],
)
async def test_a_settled_place_is_not_lost_with_an_iterator(
    there: list[dict[str, Any]], again: str
) -> None:
    streams = Streams(*there, "ExpiredIteratorException", page("3"))
    place = cursor(streams)
    await place.settle()
    assert [numbers(await place.read(10)) for _ in range(2)] == [[], ["3"]]
    assert streams.iterators == ["TRIM_HORIZON", again]


async def test_after_records_that_were_trimmed_it_goes_on_at_the_oldest() -> None:
    streams = Streams(page("1"), "TrimmedDataAccessException", page("7"))
    place = cursor(streams)
    await place.read(10)
    with pytest.raises(ClientError):
        await place.read(10)
    assert numbers(await place.read(10)) == ["7"]
    assert streams.iterators == ["LATEST", "TRIM_HORIZON"]


async def test_a_shard_ends_with_its_last_page() -> None:
    place = cursor(Streams(page("1"), page("2", last=True)))
    await place.read(10)
    assert not place.ended
    assert numbers(await place.read(10)) == ["2"]
    assert place.ended


# On every embedded store


@pytest.fixture(scope="module", params=["ministack", "moto"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Provisioned]:
    with provisioned(request.param, tmp_path_factory.mktemp("cursors"), TEMPLATE) as running:
        yield running


async def test_a_store_gives_changes_in_their_order(store: Provisioned) -> None:
    table = store.names.refs[LogicalId("Things")]
    arn = store.names.attributes[LogicalId("Things"), "StreamArn"]
    (shard,) = store.clients.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    put, delete = store.clients.dynamodb.put_item, store.clients.dynamodb.delete_item
    put(TableName=table, Item={"id": {"S": "early"}})
    latest = Cursor(store.clients.streams, arn, shard["ShardId"], "LATEST")
    await latest.open()
    put(TableName=table, Item={"id": {"S": "x"}, "b": {"B": b"\x01"}})
    put(TableName=table, Item={"id": {"S": "x"}})
    delete(TableName=table, Key={"id": {"S": "x"}})
    horizon = Cursor(store.clients.streams, arn, shard["ShardId"], "TRIM_HORIZON")
    assert (await horizon.read(1))[0]["dynamodb"]["Keys"] == {"id": {"S": "early"}}
    changes = await horizon.read(10)
    assert [change["eventName"] for change in changes] == ["INSERT", "MODIFY", "REMOVE"]
    assert changes[0]["dynamodb"]["NewImage"]["b"] == {"B": b"\x01"}
    assert changes[1]["dynamodb"]["OldImage"]["b"] == {"B": b"\x01"}
    assert numbers(changes) == sorted(numbers(changes), key=int)
    assert numbers(await latest.read(10)) == numbers(changes)
    assert await latest.read(10) == []
