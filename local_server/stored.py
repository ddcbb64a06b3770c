"""What is in the store, for the inspector: tables and their items, queues and how full they are."""

import asyncio
import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from local_server.guard import BadControl
from local_server.provisioning import Clients

_QUEUE_COUNTS = {
    "visible": "ApproximateNumberOfMessages",
    "in_flight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}


T = TypeVar("T")


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which items: all, or those under a key, of the table or an index; `after` continues."""

    hash: str | None = None
    range: str | None = None
    index: str | None = None
    after: str | None = None
    limit: int = 50

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= 1000:
            raise ValueError("limit lies between 1 and 1000")


class Stored:
    """Asks over boto3, beside the event loop. `tables` and `queues` (by URL) are the template's; of
    a store that is all ours the others are shown as well.
    """

    def __init__(
        self, clients: Clients, tables: frozenset[str], queues: frozenset[str], *, all_ours: bool
    ) -> None:
        self._clients = clients
        self._names = tables
        self._urls = queues
        self._all_ours = all_ours

    async def tables(self) -> list[dict[str, Any]]:
        """Raises BadControl."""
        return await _beside(self._tables)

    async def items(self, table: str, wanted: Wanted) -> dict[str, Any]:
        """A page of them, and `after` of the next. Raises BadControl."""
        return await _beside(lambda: self._items(table, wanted))

    async def queues(self) -> list[dict[str, Any]]:
        """Raises BadControl."""
        return await _beside(self._queues)

    def _tables(self) -> list[dict[str, Any]]:
        names = set(self._names)
        if self._all_ours:
            pages = self._clients.dynamodb.get_paginator("list_tables").paginate()
            names |= {name for page in pages for name in page["TableNames"]}
        return [_table(self._describe(name)) for name in sorted(names)]

    def _describe(self, name: str) -> Mapping[str, Any]:
        described: Mapping[str, Any] = self._clients.dynamodb.describe_table(TableName=name)
        table: Mapping[str, Any] = described["Table"]
        return table

    def _items(self, table: str, wanted: Wanted) -> dict[str, Any]:
        request: dict[str, Any] = {"TableName": table}
        if wanted.index:
            request["IndexName"] = wanted.index
        if wanted.hash is not None:
            request |= _condition(_table(self._describe(table)), wanted)
        # A laptop's tables are small, and whoever looks wants to see what is there.
        reads = self._clients.dynamodb.get_paginator("scan" if wanted.hash is None else "query")
        config = {"MaxItems": wanted.limit, "PageSize": wanted.limit, "StartingToken": wanted.after}
        result = reads.paginate(**request, PaginationConfig=config).build_full_result()
        items = [{name: plain(value) for name, value in item.items()} for item in result["Items"]]
        return {"items": items, "after": result.get("NextToken")}

    def _queues(self) -> list[dict[str, Any]]:
        urls = set(self._urls)
        if self._all_ours:
            pages = self._clients.sqs.get_paginator("list_queues").paginate()
            urls |= {url for page in pages for url in page.get("QueueUrls", [])}
        return [self._queue(url) for url in sorted(urls)]

    def _queue(self, url: str) -> dict[str, Any]:
        answer = self._clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        attributes = answer["Attributes"]
        counts = {name: int(attributes.get(key, 0)) for name, key in _QUEUE_COUNTS.items()}
        return {"name": url.rpartition("/")[2], "url": url, **counts}


async def _beside(read: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(read)
    except ClientError as error:
        missing = error.response["Error"]["Code"] == "ResourceNotFoundException"
        raise BadControl(404 if missing else 422, str(error)) from error
    except (BotoCoreError, ValueError) as error:
        raise BadControl(422, str(error)) from error


def _table(described: Mapping[str, Any]) -> dict[str, Any]:
    defined = described["AttributeDefinitions"]
    kinds = {each["AttributeName"]: each["AttributeType"] for each in defined}
    indexes = [
        index
        for where in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for index in described.get(where, [])
    ]
    return {
        "name": described["TableName"],
        "count": described.get("ItemCount", 0),
        "key": _keys(described, kinds),
        "indexes": [{"name": each["IndexName"], "key": _keys(each, kinds)} for each in indexes],
    }


def _keys(described: Mapping[str, Any], kinds: Mapping[str, str]) -> list[dict[str, str]]:
    """The hash key, and the range key if there is one."""
    names = sorted((each["KeyType"], each["AttributeName"]) for each in described["KeySchema"])
    return [{"name": name, "type": kinds[name]} for _, name in names]


def _condition(table: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    """Raises ValueError."""
    keys = {index["name"]: index["key"] for index in table["indexes"]}
    if wanted.index and wanted.index not in keys:
        raise ValueError(f"there is no index {wanted.index}")
    given = [wanted.hash, *([] if wanted.range is None else [wanted.range])]
    asked = list(zip(keys.get(wanted.index or "", table["key"]), given, strict=False))
    return {
        "KeyConditionExpression": " AND ".join(f"#k{n} = :k{n}" for n in range(len(asked))),
        "ExpressionAttributeNames": {f"#k{n}": key["name"] for n, (key, _) in enumerate(asked)},
        "ExpressionAttributeValues": {
            f":k{n}": {key["type"]: value} for n, (key, value) in enumerate(asked)
        },
    }


def plain(value: Mapping[str, Any]) -> Any:
    """A value of DynamoDB's as JSON: sets are lists, bytes base64."""
    ((kind, content),) = value.items()
    if kind == "N":
        return _number(content)
    if kind == "NS":
        return sorted(map(_number, content))
    if kind == "M":
        return {name: plain(each) for name, each in content.items()}
    if kind == "L":
        return [plain(each) for each in content]
    if kind in ("B", "BS"):
        return list(_texts(content)) if kind == "BS" else base64.b64encode(content).decode()
    if kind == "SS":
        return sorted(content)
    return None if kind == "NULL" else content


def _texts(parts: list[bytes]) -> Iterator[str]:
    return (base64.b64encode(part).decode() for part in parts)


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdecimal() else float(text)
