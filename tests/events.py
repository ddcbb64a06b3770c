"""Events shaped as AWS shapes them, for calling handlers without a gateway."""

import base64
import json
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]
CONNECTED_AT = 1_767_225_600_000


@dataclass(frozen=True)
class LambdaContext:
    """The part of Lambda's context that handlers read."""

    aws_request_id: str = "8f5a2b1c-0000-4000-8000-000000000001"
    remaining_ms: int = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


CONTEXT = LambdaContext()


def _context(route: str, kind: str, connection_id: str, **more: Any) -> Event:
    return {
        "routeKey": route,
        **more,
        "eventType": kind,
        "extendedRequestId": "R1knPH17NjMFftw=",
        "requestTime": "01/Jan/2026:00:00:00 +0000",
        "messageDirection": "IN",
        "stage": "test",
        "connectedAt": CONNECTED_AT,
        "requestTimeEpoch": CONNECTED_AT,
        "identity": {"sourceIp": "203.0.113.7"},
        "requestId": "R1knPH17NjMFftw=",
        "domainName": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
        "connectionId": connection_id,
        "apiId": "abcdefghij",
    }


def connect(
    connection_id: str, token: str | None = None, headers: dict[str, str] | None = None
) -> Event:
    """Without a query string the keys are absent, not null."""
    event: Event = {
        "headers": {"Host": "abcdefghij.execute-api.eu-central-1.amazonaws.com", **(headers or {})},
        "multiValueHeaders": {},
        "requestContext": _context("$connect", "CONNECT", connection_id),
        "isBase64Encoded": False,
    }
    if token is not None:
        event["queryStringParameters"] = {"token": token}
        event["multiValueQueryStringParameters"] = {"token": [token]}
    return event


def message(connection_id: str, body: str | dict[str, Any] | None) -> Event:
    event: Event = {
        "requestContext": _context(
            "$default", "MESSAGE", connection_id, messageId="R1knPc2ntjMCFIA="
        ),
        "isBase64Encoded": False,
    }
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event


def disconnect(connection_id: str) -> Event:
    headers = {"Host": "localhost", "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    return {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": _context(
            "$disconnect",
            "DISCONNECT",
            connection_id,
            disconnectStatusCode=1005,
            disconnectReason="Client-side close frame status not set",
        ),
        "isBase64Encoded": False,
    }


def request(
    route: str,
    body: object = None,
    token: str | None = None,
    path: dict[str, str] | None = None,
    *,
    raw: str | None = None,
    encoded: bool = False,
    query: dict[str, str] | None = None,
) -> Event:
    """A request to the HTTP API: `body` as JSON, or `raw` as it is."""
    method, _, raw_path = route.partition(" ")
    event: Event = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw_path,
        "rawQueryString": "",
        "headers": {"host": "localhost", "content-type": "application/json"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abcdefghij",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "",
            },
            "requestId": "LV7fzho-PHcEJPw=",
            "routeKey": route,
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": CONNECTED_AT,
        },
        "isBase64Encoded": encoded,
    }
    if token is not None:
        event["headers"]["authorization"] = f"Bearer {token}"
    if path is not None:
        event["pathParameters"] = path
    if query is not None:
        event["queryStringParameters"] = query
    text = raw if raw is not None else None if body is None else json.dumps(body)
    if text is not None:
        event["body"] = base64.b64encode(text.encode()).decode() if encoded else text
    return event


def batch(
    queue: str, *bodies: str, receive_count: int = 1, correlation_id: str | None = None
) -> Event:
    """An SQS batch; message ids are `m0`, `m1` …"""
    attributes: Event = {}
    if correlation_id is not None:
        attributes["correlation_id"] = {
            "stringValue": correlation_id,
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "String",
        }
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": str(receive_count),
                    "SentTimestamp": str(CONNECTED_AT),
                    "SenderId": "000000000000",
                    "ApproximateFirstReceiveTimestamp": str(CONNECTED_AT),
                },
                "messageAttributes": attributes,
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:eu-central-1:000000000000:{queue}",
                "awsRegion": "eu-central-1",
            }
            for number, body in enumerate(bodies)
        ]
    }
