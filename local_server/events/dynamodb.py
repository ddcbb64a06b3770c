"""The event of a DynamoDB stream."""

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from local_server.events import Event

_IMAGES = ("Keys", "NewImage", "OldImage")


def dynamodb_event(records: Iterable[Event]) -> Event:
    return {"Records": list(records)}


def dynamodb_record(record: Mapping[str, Any], stream_arn: str, region: str) -> Event:
    """`record` is one of a GetRecords answer, in the SDK's spelling and types.

    docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    """
    change = record["dynamodb"]
    images = {name: _image(change[name]) for name in _IMAGES if name in change}
    event: Event = {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "dynamodb": {
            "ApproximateCreationDateTime": created_s(record),
            **images,
            "SequenceNumber": change["SequenceNumber"],
            "SizeBytes": change.get("SizeBytes") or sum(map(_size, images.values())),
            "StreamViewType": change["StreamViewType"],
        },
        "eventSourceARN": stream_arn,
    }
    if identity := record.get("userIdentity"):
        # Of what DynamoDB itself removed, by its time to live.
        event["userIdentity"] = {"principalId": identity["PrincipalId"], "type": identity["Type"]}
    return event


def created_s(record: Mapping[str, Any]) -> int:
    created: datetime = record["dynamodb"]["ApproximateCreationDateTime"]
    return int(created.timestamp())


def _image(attributes: Mapping[str, Mapping[str, Any]]) -> Event:
    return {name: _value(value) for name, value in attributes.items()}


def _value(value: Mapping[str, Any]) -> Event:
    """One attribute, `{"S": "text"}`. Bytes are base64 wherever they stand."""
    ((kind, content),) = value.items()
    if kind == "B":
        return {kind: _base64(content)}
    if kind == "BS":
        return {kind: [_base64(item) for item in content]}
    if kind == "L":
        return {kind: [_value(item) for item in content]}
    if kind == "M":
        return {kind: _image(content)}
    return {kind: content}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _size(image: Event) -> int:
    """Embedded stores do not count.

    docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _size_of(value) for name, value in image.items())


def _size_of(value: Event) -> int:
    ((kind, content),) = value.items()
    sizes = {
        "S": lambda: len(content.encode()),
        "N": lambda: _digits(content),
        "B": lambda: len(base64.b64decode(content)),
        "SS": lambda: sum(_size_of({"S": item}) for item in content),
        "NS": lambda: sum(_size_of({"N": item}) for item in content),
        "BS": lambda: sum(_size_of({"B": item}) for item in content),
        "L": lambda: 3 + sum(1 + _size_of(item) for item in content),
        "M": lambda: 3 + len(content) + _size(content),
    }
    return sizes[kind]() if kind in sizes else 1


def _digits(number: str) -> int:
    """A byte for two significant digits, and one more; another for a sign."""
    mantissa = number.lower().split("e")[0].lstrip("-").replace(".", "").strip("0")
    return (len(mantissa) + 1) // 2 + 1 + number.startswith("-")
