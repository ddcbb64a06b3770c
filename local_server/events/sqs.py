"""The event of an SQS event source mapping."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from local_server.events import Event


def sqs_event(messages: Iterable[Mapping[str, Any]], queue_arn: str, region: str) -> Event:
    """`messages` are those of a ReceiveMessage answer, in the SDK's spelling."""
    return {"Records": [_record(message, queue_arn, region) for message in messages]}


def _record(message: Mapping[str, Any], queue_arn: str, region: str) -> Event:
    record: Event = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()
        },
    }
    if digest := message.get("MD5OfMessageAttributes"):
        record["md5OfMessageAttributes"] = digest
    return {
        **record,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }


def _attribute(value: Mapping[str, Any]) -> Event:
    content: Event = {}
    if "StringValue" in value:
        content["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        content["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return {
        **content,
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
