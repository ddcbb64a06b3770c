"""What is behind the authorizers: it shows its events, to the caller or to an observer."""

import json
from typing import Any

import boto3

Event = dict[str, Any]


def enter(event: Event, context: Any) -> Any:
    observer = event["queryStringParameters"].get("observer")
    if observer:
        post(observer, event)
    return {"statusCode": 200}


def leave(event: Event, context: Any) -> Any:
    """The observer is all that is left of the query: it went through the authorizer's context."""
    seen = json.loads(event["requestContext"]["authorizer"]["seen"])
    observer = seen["queryStringParameters"].get("observer")
    if observer:
        post(observer, event)


def show(event: Event, context: Any) -> Any:
    return {"statusCode": 200, "body": json.dumps(event)}


def post(observer: str, event: Event) -> None:
    gateway = boto3.client("apigatewaymanagementapi")
    gateway.post_to_connection(ConnectionId=observer, Data=json.dumps(event))
