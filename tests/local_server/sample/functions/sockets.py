"""WebSocket routes: events are shown to an observer, so that tests can wait for them."""

import json
import os
import time
from typing import Any

import boto3

Event = dict[str, Any]


def gateway() -> Any:
    return boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["CALLBACK_ENDPOINT"])


def observers() -> Any:
    return boto3.resource("dynamodb").Table(os.environ["OBSERVERS_TABLE"])


def gate(event: Event, context: Any) -> Any:
    query = event.get("queryStringParameters", {})
    if "observer" in query:
        connection = event["requestContext"]["connectionId"]
        observers().put_item(Item={"connection_id": connection, "observer": query["observer"]})
        gateway().post_to_connection(ConnectionId=query["observer"], Data=json.dumps(event))
    if "raise" in query:
        raise PermissionError("not today")
    if "sleep" in query:
        time.sleep(30)
    if "result" in query:
        return json.loads(query["result"])
    return {"statusCode": 200, "headers": {"Set-Cookie": "a=b"}, "body": "dropped"}


def farewell(event: Event, context: Any) -> Any:
    connection = event["requestContext"]["connectionId"]
    found = observers().get_item(Key={"connection_id": connection}).get("Item")
    if found:
        gateway().post_to_connection(ConnectionId=found["observer"], Data=json.dumps(event))


def echo(event: Event, context: Any) -> Any:
    connection = event["requestContext"]["connectionId"]
    gateway().post_to_connection(ConnectionId=connection, Data=json.dumps(event).encode())
    return {"statusCode": 500, "body": "one-way: nobody hears this"}


def dial(event: Event, context: Any) -> Any:
    """Posts as deployed code does: to an address built from the event, or to none."""
    there = event["requestContext"]
    host = f"{there['apiId']}.execute-api.{os.environ['AWS_REGION']}.amazonaws.com"
    endpoint = {"domain": there["domainName"], "api": host}.get(json.loads(event["body"])["by"])
    url = f"https://{endpoint}/{there['stage']}" if endpoint else None
    client = boto3.client("apigatewaymanagementapi", endpoint_url=url)
    client.post_to_connection(ConnectionId=there["connectionId"], Data=b"it rings")


def ask(event: Event, context: Any) -> Any:
    said = json.loads(event["body"]).get("say")
    return {"statusCode": 500, "body": said or json.dumps(event)}


def mute(event: Event, context: Any) -> Any:
    return None
