"""The event of an SQS source."""

from local_server.events.sqs import sqs_event

ARN = "arn:aws:sqs:eu-west-3:000000000000:jobs"
MESSAGE = {
    "MessageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
    "ReceiptHandle": "AQEB",
    "Body": "Test message.",
    "MD5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
    "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
}


def test_a_record_has_the_documented_keys() -> None:
    (record,) = sqs_event([MESSAGE], ARN, "eu-west-3")["Records"]
    assert record == {
        "messageId": MESSAGE["MessageId"],
        "receiptHandle": "AQEB",
        "body": "Test message.",
        "attributes": MESSAGE["Attributes"],
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN,
        "awsRegion": "eu-west-3",
    }


def test_message_attributes_change_their_spelling() -> None:
    attributes = {
        "n": {"StringValue": "1", "DataType": "Number"},
        "b": {"BinaryValue": b"\x01", "DataType": "Binary"},
    }
    message = {**MESSAGE, "MessageAttributes": attributes, "MD5OfMessageAttributes": "00b1"}
    (record,) = sqs_event([message], ARN, "eu-west-3")["Records"]
    assert record["md5OfMessageAttributes"] == "00b1"
    assert record["messageAttributes"] == {
        "n": {
            "stringValue": "1",
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "Number",
        },
        "b": {
            "binaryValue": "AQ==",
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "Binary",
        },
    }
