"""Tables from an earlier run: taken over, changed in place, or refused."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_server.errors import Place, StoreError
from local_server.existing import Client, adopt_table, set_ttl
from local_server.provisioning import make_clients
from local_server.store import start_store
from local_server.template import LogicalId, Resource
from local_server.template.resources import TABLE
from tests.local_server.stores import needs_dynoxide

PLACE = Place(Path("serverless.yml"), 7, "Resources.Orders.Type")
ORDERS = Resource(LogicalId("Orders"), TABLE, {}, PLACE)
STORES = ["ministack", "moto", pytest.param("dynoxide", marks=needs_dynoxide)]
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}


def request(**changes: Any) -> dict[str, Any]:
    return {
        "AttributeDefinitions": [
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "owner", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [index("by-owner")],
        **changes,
    }


def index(name: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }


@pytest.fixture(scope="module", params=STORES)
def dynamodb(request: pytest.FixtureRequest) -> Iterator[Client]:
    started = start_store(request.param)
    asyncio.run(started.ready())
    clients = make_clients(started.endpoints, "eu-west-3", started.credentials)
    yield clients.dynamodb
    for client in (clients.dynamodb, clients.sqs, clients.streams):
        client.close()
    asyncio.run(started.stop())


@pytest.fixture
def table(dynamodb: Client) -> Iterator[str]:
    dynamodb.create_table(TableName="orders", BillingMode="PAY_PER_REQUEST", **request())
    yield "orders"
    dynamodb.delete_table(TableName="orders")


def described(dynamodb: Client) -> Any:
    return dynamodb.describe_table(TableName="orders")["Table"]


def test_the_same_table_is_taken_over(dynamodb: Client, table: str) -> None:
    before = described(dynamodb)
    adopt_table(table, request(), dynamodb, ORDERS)
    assert described(dynamodb)["TableArn"] == before["TableArn"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}]}, "keys"),
        ({"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}]}, "keys"),
        ({"GlobalSecondaryIndexes": []}, "indexes"),
        ({"GlobalSecondaryIndexes": [index("by-whom")]}, "indexes"),
    ],
)
def test_another_table_of_its_name_is_refused(
    dynamodb: Client, table: str, changes: dict[str, Any], what: str
) -> None:
    with pytest.raises(StoreError) as error:
        adopt_table(table, request(**changes), dynamodb, ORDERS)
    assert str(error.value) == (
        f"serverless.yml:7: Resources.Orders.Type: the store already holds a table orders with "
        f"other {what}; delete it there, or give this one another name"
    )


def test_a_stream_that_the_template_has_got_since_is_switched_on(
    dynamodb: Client, table: str
) -> None:
    adopt_table(table, request(StreamSpecification=STREAM), dynamodb, ORDERS)
    assert described(dynamodb)["StreamSpecification"] == STREAM


def test_a_stream_that_shows_something_else_is_refused(dynamodb: Client, table: str) -> None:
    adopt_table(table, request(StreamSpecification=STREAM), dynamodb, ORDERS)
    keys = {**STREAM, "StreamViewType": "KEYS_ONLY"}
    with pytest.raises(StoreError, match="with other stream view"):
        adopt_table(table, request(StreamSpecification=keys), dynamodb, ORDERS)


def ttl(dynamodb: Client) -> str | None:
    described = dynamodb.describe_time_to_live(TableName="orders")["TimeToLiveDescription"]
    enabled = described["TimeToLiveStatus"] == "ENABLED"
    return described["AttributeName"] if enabled else None


def test_a_time_to_live_comes_changes_and_goes(dynamodb: Client, table: str) -> None:
    for attribute in ("expires_at", "expires_at", "gone_at"):
        set_ttl(table, {"AttributeName": attribute, "Enabled": True}, dynamodb)
        assert ttl(dynamodb) == attribute
    set_ttl(table, None, dynamodb)
    assert ttl(dynamodb) is None


def test_a_time_to_live_that_is_switched_off_is_none(dynamodb: Client, table: str) -> None:
    set_ttl(table, {"AttributeName": "expires_at", "Enabled": False}, dynamodb)
    assert ttl(dynamodb) is None
