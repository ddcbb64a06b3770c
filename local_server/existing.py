"""Tables that a store holds from an earlier run: taken over if they are the template's own."""

from collections.abc import Mapping
from typing import Any, NoReturn, Protocol

from local_server.errors import StoreError
from local_server.template import Resource


class Client(Protocol):
    """A boto3 client: its operations are made at run time, so they cannot be typed."""

    def __getattr__(self, name: str) -> Any: ...


def adopt_table(
    name: str, request: Mapping[str, Any], dynamodb: Client, resource: Resource
) -> None:
    """`request` is what would have created it. Raises StoreError if it is another table."""
    table = dynamodb.describe_table(TableName=name)["Table"]
    if table["KeySchema"] != request["KeySchema"] or _key_types(table) != _key_types(request):
        _refuse(name, "keys", resource)
    if _indexes(table) != _indexes(request):
        _refuse(name, "indexes", resource)
    if stream := request.get("StreamSpecification"):
        _adopt_stream(table, stream, dynamodb, resource)


def _adopt_stream(
    table: Mapping[str, Any], wanted: Mapping[str, Any], dynamodb: Client, resource: Resource
) -> None:
    name, present = table["TableName"], table.get("StreamSpecification") or {}
    if not present.get("StreamEnabled"):
        dynamodb.update_table(TableName=name, StreamSpecification=wanted)
    elif present.get("StreamViewType") != wanted.get("StreamViewType"):
        _refuse(name, "stream view", resource)


def _refuse(name: str, what: str, resource: Resource) -> NoReturn:
    raise StoreError(
        f"{resource.place}: the store already holds a table {name} with other {what}; "
        "delete it there, or give this one another name"
    )


def _key_types(table: Mapping[str, Any]) -> set[tuple[str, str]]:
    defined = {item["AttributeName"]: item["AttributeType"] for item in _definitions(table)}
    return {(key["AttributeName"], defined[key["AttributeName"]]) for key in table["KeySchema"]}


def _definitions(table: Mapping[str, Any]) -> list[Mapping[str, str]]:
    return list(table.get("AttributeDefinitions") or [])


def _indexes(table: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """Names and keys; stores add much else to a description."""
    kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    return {
        (index["IndexName"], *(f"{key['AttributeName']} {key['KeyType']}" for key in keys))
        for kind in kinds
        for index in table.get(kind) or []
        if (keys := index["KeySchema"])
    }


def set_ttl(name: str, wanted: Mapping[str, Any] | None, dynamodb: Client) -> None:
    """A time to live that changes is switched off first: DynamoDB wants it so."""
    present = _present_ttl(name, dynamodb)
    attribute = wanted["AttributeName"] if wanted and wanted.get("Enabled") else None
    if attribute == present:
        return
    if present is not None:
        _update_ttl(name, present, dynamodb, enabled=False)
    if attribute is not None:
        _update_ttl(name, attribute, dynamodb, enabled=True)


def _present_ttl(name: str, dynamodb: Client) -> str | None:
    described = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    is_on = described.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return str(described["AttributeName"]) if is_on else None


def _update_ttl(name: str, attribute: str, dynamodb: Client, *, enabled: bool) -> None:
    setting = {"AttributeName": attribute, "Enabled": enabled}
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=setting)
