"""One table twice, as our rows and as PynamoDB's, and whatever either asks written down."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from pynamodb import attributes as their_attributes
from pynamodb.expressions.condition import size as their_size

from infra.curl import Answer
from infra.json_service import json_service
from infra.rows import attributes, expressions, pynamo, table, transactions
from tests.rows import ok

# Where nobody else is.
REGION = "eu-west-3"


def _thing(table: Any, attributes: Any) -> Any:
    class Thing(table):  # type: ignore[misc]
        """Attributes of each kind; two of them must be there."""

        class Meta:
            table_name = "things"
            region = REGION

        owner = attributes.UnicodeAttribute(hash_key=True)
        number = attributes.NumberAttribute(range_key=True)
        text = attributes.UnicodeAttribute(null=True)
        name = attributes.UnicodeAttribute()  # a reserved word
        amount = attributes.NumberAttribute(null=True)
        version = attributes.NumberAttribute(default=0)
        open = attributes.BooleanAttribute(null=True)
        tags = attributes.UnicodeSetAttribute(null=True)
        parts = attributes.NumberSetAttribute(null=True)
        acked = attributes.MapAttribute(default=dict)

    return Thing


def _lone(table: Any, attributes: Any) -> Any:
    class Lone(table):  # type: ignore[misc]
        """Found by one key."""

        class Meta:
            table_name = "lone"
            region = REGION

        id = attributes.UnicodeAttribute(hash_key=True)
        text = attributes.UnicodeAttribute(null=True)

    return Lone


OURS = SimpleNamespace(
    Thing=_thing(table.Table, attributes),
    Lone=_lone(table.Table, attributes),
    size=expressions.size,
    transaction=lambda: transactions.begin_transaction(REGION),
)
THEIRS = SimpleNamespace(
    Thing=_thing(pynamo.Table, their_attributes),
    Lone=_lone(pynamo.Table, their_attributes),
    size=their_size,
    transaction=lambda: pynamo.begin_transaction(REGION),
)
# What DynamoDB says to everything, if nobody knows better.
KEY = {"owner": {"S": "a"}, "number": {"N": "1"}}
NOTHING = {
    "Item": {**KEY, "name": {"S": "n"}},
    "Attributes": {**KEY, "name": {"S": "n"}},
    "Items": [],
    "Count": 0,
    "ScannedCount": 0,
    "Responses": {"things": [], "lone": []},
    "UnprocessedKeys": {},
    "UnprocessedItems": {},
}

Request = tuple[str, dict[str, Any]]
Answers = Callable[[str, dict[str, Any]], dict[str, Any]]


def asked_by_both(
    do: Callable[[Any], object], answers: Answers = lambda operation, request: NOTHING
) -> tuple[list[Request], list[Request]]:
    """The requests that it takes to `do` something with either, and theirs after ours."""
    with _ours(answers) as first:
        do(OURS)
    with _theirs(answers) as second:
        do(THEIRS)
    return [_alike(*each) for each in first], [_alike(*each) for each in second]


@contextmanager
def _ours(answers: Answers) -> Iterator[list[Request]]:
    asked: list[Request] = []

    def carry(operation: str, body: bytes) -> Answer:
        asked.append((operation, json.loads(body)))
        return ok(answers(*asked[-1]))

    json_service("dynamodb", REGION).carry = carry
    yield asked


@contextmanager
def _theirs(answers: Answers) -> Iterator[list[Request]]:
    asked: list[Request] = []

    def before_call(model: Any, params: Any, **_: Any) -> Any:
        asked.append((model.name, json.loads(params["body"])))
        return SimpleNamespace(status_code=200), answers(*asked[-1])

    events: Any = pynamo.database(REGION).client.meta.events
    events.register("before-call.dynamodb.*", before_call)
    try:
        yield asked
    finally:
        events.unregister("before-call.dynamodb.*", before_call)


def _alike(operation: str, request: dict[str, Any]) -> Request:
    """Without what makes no difference: capacity that is reported, a transaction's random name, the
    order of a batch, of a transaction and of a set."""
    request.pop("ReturnConsumedCapacity", None)
    assert len(request.pop("ClientRequestToken", "1234")) <= 36
    if not request.get("ConsistentRead", True):
        del request["ConsistentRead"]
    return operation, _sorted(request)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=lambda each: json.dumps(each, sort_keys=True))
    return value
