"""The event of a DynamoDB stream, from what the SDK reads."""

from datetime import UTC, datetime
from typing import Any

import pytest

from local_server.events.dynamodb import created_s, dynamodb_event, dynamodb_record

ARN = "arn:aws:dynamodb:eu-west-3:000000000000:table/things/stream/2026-06-10T19:26:16.525"
# AWS's own example, whose sizes are 26 and 59
# (docs.aws.amazon.com/lambda/latest/dg/with-ddb.html).
KEYS = {"Id": {"N": "101"}}
OLD = {"Message": {"S": "New item!"}, "Id": {"N": "101"}}
NEW = {"Message": {"S": "This item has changed"}, "Id": {"N": "101"}}


def read(change: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "MODIFY",
        "eventVersion": "1.0",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime(2026, 6, 10, 19, 30, 0, 999_999, tzinfo=UTC),
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 0,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            **change,
        },
        **more,
    }


def test_a_record_has_the_documented_keys() -> None:
    record = read({"Keys": KEYS, "NewImage": NEW, "OldImage": OLD})
    assert dynamodb_event([dynamodb_record(record, ARN, "eu-west-3")]) == {
        "Records": [
            {
                "eventID": "c4ca4238a0b923820dcc509a6f75849b",
                "eventName": "MODIFY",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "eu-west-3",
                "dynamodb": {
                    "ApproximateCreationDateTime": 1781119800,
                    "Keys": KEYS,
                    "NewImage": NEW,
                    "OldImage": OLD,
                    "SequenceNumber": "4421584500000000017450439091",
                    "SizeBytes": 59,
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                },
                "eventSourceARN": ARN,
            }
        ]
    }


def test_an_image_that_is_absent_stays_absent() -> None:
    change = dynamodb_record(read({"Keys": KEYS, "NewImage": OLD}), ARN, "eu-west-3")["dynamodb"]
    assert "OldImage" not in change
    assert change["SizeBytes"] == 26


def test_the_size_that_the_store_counts_is_kept() -> None:
    record = dynamodb_record(read({"Keys": KEYS, "SizeBytes": 7}), ARN, "eu-west-3")
    assert record["dynamodb"]["SizeBytes"] == 7


def test_a_removal_by_dynamodb_itself_says_so() -> None:
    identity = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    record = dynamodb_record(read({"Keys": KEYS}, userIdentity=identity), ARN, "eu-west-3")
    assert record["userIdentity"] == {"principalId": "dynamodb.amazonaws.com", "type": "Service"}


def test_bytes_are_base64_wherever_they_stand() -> None:
    image = {
        "b": {"B": b"\x01\x02"},
        "set": {"BS": [b"x", b"y"]},
        "list": {"L": [{"M": {"deep": {"B": b"q"}}}, {"BOOL": True}, {"NULL": True}]},
        "numbers": {"NS": ["1", "2"]},
    }
    record = dynamodb_record(read({"Keys": KEYS, "NewImage": image}), ARN, "eu-west-3")
    assert record["dynamodb"]["NewImage"] == {
        "b": {"B": "AQI="},
        "set": {"BS": ["eA==", "eQ=="]},
        "list": {"L": [{"M": {"deep": {"B": "cQ=="}}}, {"BOOL": True}, {"NULL": True}]},
        "numbers": {"NS": ["1", "2"]},
    }


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"N": "0"}, 1),
        ({"N": "-12.5"}, 4),
        ({"N": "1E+100"}, 2),
        ({"B": b"123"}, 3),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"NS": ["1", "22"]}, 4),
        ({"BS": [b"ab"]}, 2),
        ({"L": [{"S": "a"}, {"S": "bc"}]}, 3 + 2 + 3),
        ({"M": {"k": {"S": "v"}}}, 3 + 1 + 2),
    ],
)
def test_an_attribute_has_the_size_of_the_guide(value: dict[str, Any], size: int) -> None:
    record = dynamodb_record(read({"Keys": {"k": value}}), ARN, "eu-west-3")
    assert record["dynamodb"]["SizeBytes"] == len("k") + size


def test_the_moment_of_a_change_is_in_whole_seconds() -> None:
    assert created_s(read({"Keys": KEYS})) == 1781119800
