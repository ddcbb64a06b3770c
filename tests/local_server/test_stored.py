"""Tables, items and queues of a running service's store."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import boto3
import httpx
import pytest

from local_server.provisioning import Client
from local_server.stored import plain
from local_server.testing import Running

TABLE = "sample-local-observers"


@pytest.fixture
def dynamodb(sample: Running) -> Iterator[Client]:
    client = boto3.client(
        "dynamodb", endpoint_url=sample.store_url, region_name="eu-west-3",
        aws_access_key_id="local", aws_secret_access_key="local",
    )  # fmt: skip
    yield cast(Client, client)
    client.close()


async def put(dynamodb: Client, **item: Any) -> None:
    await asyncio.to_thread(dynamodb.put_item, TableName=TABLE, Item=item)


async def items(http: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await http.get(f"/_local/tables/{TABLE}", params=query)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


async def test_tables_are_told_with_their_keys(http: httpx.AsyncClient) -> None:
    tables = (await http.get("/_local/tables")).json()["tables"]
    told = {table["name"]: table for table in tables}
    assert told[TABLE]["key"] == [{"name": "connection_id", "type": "S"}]
    assert told[TABLE]["indexes"] == []


async def test_queues_are_told_with_their_depth(http: httpx.AsyncClient) -> None:
    queues = (await http.get("/_local/queues")).json()["queues"]
    (jobs,) = [queue for queue in queues if queue["name"] == "sample-local-jobs"]
    assert set(jobs) == {"name", "url", "visible", "in_flight", "delayed"}
    assert jobs["visible"] >= 0


async def test_an_item_is_found_by_its_key(http: httpx.AsyncClient, dynamodb: Client) -> None:
    await put(dynamodb, connection_id={"S": "stored-1"}, n={"N": "5"}, tags={"SS": ["b", "a"]})
    found = await items(http, hash="stored-1")
    assert found == {
        "items": [{"connection_id": "stored-1", "n": 5, "tags": ["a", "b"]}],
        "after": None,
    }
    assert (await items(http, hash="stored-none"))["items"] == []


async def test_items_come_in_pages(http: httpx.AsyncClient, dynamodb: Client) -> None:
    for number in range(3):
        await put(dynamodb, connection_id={"S": f"paged-{number}"})
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await items(http, limit=2, **after)
        assert len(page["items"]) <= 2
        seen += [item["connection_id"] for item in page["items"]]
        if page["after"] is None:
            break
        after = {"after": page["after"]}
    assert len(seen) == len(set(seen))
    assert {"paged-0", "paged-1", "paged-2"} <= set(seen)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("absent", 404),
        (f"{TABLE}?after=nonsense", 422),
        (f"{TABLE}?hash=a&range=b&index=none", 422),
    ],
)
async def test_what_is_not_there_is_refused_with_a_reason(
    http: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await http.get(f"/_local/tables/{path}")
    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"S": "a"}, "a"),
        ({"N": "-12"}, -12),
        ({"N": "1.5"}, 1.5),
        ({"BOOL": False}, False),
        ({"NULL": True}, None),
        ({"NS": ["2", "1"]}, [1, 2]),
        ({"B": b"\x00"}, "AA=="),
        ({"BS": [b"\x00"]}, ["AA=="]),
        ({"L": [{"S": "a"}, {"M": {"b": {"N": "1"}}}]}, ["a", {"b": 1}]),
    ],
)
def test_values_are_shown_as_json(value: dict[str, Any], shown: Any) -> None:
    assert plain(value) == shown
