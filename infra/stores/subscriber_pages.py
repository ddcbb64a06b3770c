"""The fan-out's pages without a row for each subscriber: a Query that reads what one is."""

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
        items = self._items(f"{pattern}#{shard}", after, limit)
        subscribers = [
            Subscriber(
                connection_id=item.connection_id.s,
                username=item.username.s,
                connected_at=item.connected_at.n,
                token_expires_at=item.token_expires_at.n,
                pattern=pattern,
                shard=shard,
            )
            for item in items
            if item.expires_at.n * 1000 > now
        ]
        is_full = len(items) == limit
        return Page(
            subscribers=tuple(subscribers),
            after=items[-1].connection_id.s if is_full else None,
        )

    def _items(self, topic_shard: str, after: ConnectionId | None, limit: int) -> list["_Item"]:
        items: list[_Item] = []
        query = _query(topic_shard, limit)
        if after is not None:
            query["KeyConditionExpression"] += " AND connection_id > :after"
            query["ExpressionAttributeValues"][":after"] = {"S": after}
        while limit:
            answer: _Answer = self._database.ask("Query", query, _ANSWERS.decode)
            items += answer.items
            limit -= len(answer.items)
            if answer.last_evaluated_key is None:
                break
            # A megabyte is full.
            query |= {"Limit": limit, "ExclusiveStartKey": answer.last_evaluated_key}
        return items


def _query(topic_shard: str, limit: int) -> dict[str, Any]:
    return {
        "TableName": SubscriptionRow.Meta.table_name,
        "KeyConditionExpression": "topic_shard = :topic_shard",
        "ExpressionAttributeValues": {":topic_shard": {"S": topic_shard}},
        "ProjectionExpression": ",".join(ATTRIBUTES),
        "ConsistentRead": True,
        "Limit": limit,
    }


# Texts and numbers: no work for the garbage collector, which would look at each.
class _Text(Struct, rename="upper", gc=False):
    s: str


class _Id(Struct, rename="upper", gc=False):
    s: ConnectionId


class _Name(Struct, rename="upper", gc=False):
    s: Username


class _Number(Struct, rename="upper", gc=False):
    n: int  # DynamoDB writes it as text


class _Item(Struct, gc=False):
    connection_id: _Id
    username: _Name
    connected_at: _Number
    token_expires_at: _Number
    expires_at: _Number


class _Answer(Struct, rename="pascal"):
    items: list[_Item]
    last_evaluated_key: dict[str, _Text] | None = None


_ANSWERS = msgspec.json.Decoder(_Answer, strict=False)
