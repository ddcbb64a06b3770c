"""The fan-out's pages without an SDK, which takes 70 µs a subscriber: a Query over libcurl."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pycurl
from msgspec import Struct

from infra import tables
from infra.access_keys import AccessKeyError, FindKey, find_key
from infra.curl import TOTAL_MS, Answer, Request, Retries, SignedRequests, is_busy, up_to
from infra.database import MAX_RETRIES
from infra.stores.border import TEMPORARY
from infra.stores.subscriptions import DynamoSubscriptions
from infra.tables import SubscriptionRow
from notify.errors import Unavailable
from notify.model import ConnectionId, Pattern, Subscriber, Username
from notify.ports import Page

HEADERS = (
    "Content-Type: application/x-amz-json-1.0",
    "X-Amz-Target: DynamoDB_20120810.Query",
)
ATTRIBUTES = ("connection_id", "username", "connected_at", "token_expires_at", "expires_at")

# As botocore's standard mode does it, which the other reads go by.
PAUSE = up_to(1.0)


class QueryRefused(Exception):
    """DynamoDB does not do what it was asked: a bug, or a permission that lacks. Its text is the
    error's code."""


class CurlSubscriptions(DynamoSubscriptions):
    """What is read once a broadcast stays PynamoDB's."""

    def __init__(
        self,
        region: str,
        endpoint: Callable[[], str] = tables.endpoint,
        pause: Callable[[int], float] = PAUSE,
        find: FindKey = find_key,
        total_ms: int = TOTAL_MS,
    ) -> None:
        self._endpoint = endpoint
        retries = Retries(1 + MAX_RETRIES, pause, _is_tried_again)
        self._requests = SignedRequests(
            "dynamodb", region, retries, HEADERS, total_ms=total_ms, find=find
        )

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
            answer = self._ask(query)
            yield from answer.items
            limit -= len(answer.items)
            if answer.last_evaluated_key is None:
                return
            # A megabyte is full.
            query |= {"Limit": limit, "ExclusiveStartKey": answer.last_evaluated_key}

    def _ask(self, query: dict[str, Any]) -> "_Answer":
        request = Request("POST", self._endpoint(), msgspec.json.encode(query))
        try:
            answer = self._requests.one(request)
        except AccessKeyError as error:
            raise Unavailable("the store cannot be asked: try again") from error
        if answer.status == 200:
            return _ANSWERS.decode(answer.body)
        if _is_tried_again(answer):
            raise Unavailable("the store does not answer: try again")
        raise QueryRefused(_code(answer) or str(answer.status))


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


class _Error(Struct, rename={"type": "__type"}):
    type: str = ""


_ANSWERS = msgspec.json.Decoder(_Answer, strict=False)
_ERRORS = msgspec.json.Decoder(_Error)


def _is_tried_again(answer: Answer) -> bool:
    """A read may be repeated also when it has timed out."""
    has_timed_out = answer.error == pycurl.E_OPERATION_TIMEDOUT
    return is_busy(answer) or has_timed_out or _code(answer) in TEMPORARY


def _code(answer: Answer) -> str:
    """Of `com.amazonaws.dynamodb.v20120810#ThrottlingException` what comes last."""
    if answer.status in (0, 200):
        return ""
    try:
        return _ERRORS.decode(answer.body).type.rpartition("#")[2]
    except msgspec.DecodeError:
        return ""
