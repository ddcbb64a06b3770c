"""The fan-out's pages without a row for each subscriber: a Query that reads what one is."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from infra.rows.database import database
from infra.stores.border import translated
from infra.stores.subscriptions import DynamoSubscriptions
from infra.tables import SubscriptionRow
from notify.model import ConnectionId, Pattern, Subscriber, Username
from notify.ports import Page

ATTRIBUTES = ("connection_id", "username", "connected_at", "token_expires_at", "expires_at")


class CurlSubscriptions(DynamoSubscriptions):
    """What is read once a broadcast is read as rows."""

    def __init__(self, region: str) -> None:
        self._database = database(region)

    @translated
    def page(
        self, pattern: Pattern, shard: int, after: ConnectionId | None, limit: int, now: int
    ) -> Page:
        items = list(self._items(f"{pattern}#{shard}", after, limit))
        return Page(
            subscribers=tuple(
                Subscriber(
                    connection_id=ConnectionId(item.connection_id.s),
                    username=Username(item.username.s),
                    connected_at=item.connected_at.n,
                    token_expires_at=item.token_expires_at.n,
                    pattern=pattern,
                    shard=shard,
                )
                for item in items
                if item.expires_at.n * 1000 > now
            ),
            after=ConnectionId(items[-1].connection_id.s) if len(items) == limit else None,
        )

    def _items(self, topic_shard: str, after: ConnectionId | None, limit: int) -> Iterator["_Item"]:
        query = _query(topic_shard, limit)
        if after is not None:
            query["KeyConditionExpression"] += " AND connection_id > :after"
            query["ExpressionAttributeValues"][":after"] = {"S": after}
        while limit:
            answer: _Answer = self._database.ask("Query", query, _ANSWERS.decode)
            yield from answer.items
            limit -= len(answer.items)
            if answer.last_evaluated_key is None:
                return
            # A megabyte is full.
            query |= {"Limit": limit, "ExclusiveStartKey": answer.last_evaluated_key}


def _query(topic_shard: str, limit: int) -> dict[str, Any]:
    return {
        "TableName": SubscriptionRow.Meta.table_name,
        "KeyConditionExpression": "topic_shard = :topic_shard",
        "ExpressionAttributeValues": {":topic_shard": {"S": topic_shard}},
        "ProjectionExpression": ",".join(ATTRIBUTES),
        "ConsistentRead": True,
        "Limit": limit,
    }


class _Text(Struct, rename="upper"):
    s: str


class _Number(Struct, rename="upper"):
    n: int  # DynamoDB writes it as text


class _Item(Struct):
    connection_id: _Text
    username: _Text
    connected_at: _Number
    token_expires_at: _Number
    expires_at: _Number


class _Answer(Struct, rename="pascal"):
    items: list[_Item]
    last_evaluated_key: dict[str, _Text] | None = None


_ANSWERS = msgspec.json.Decoder(_Answer, strict=False)
