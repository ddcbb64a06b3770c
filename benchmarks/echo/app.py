"""An echo by the route's response, and one by a post of the handler's own."""

import os
from functools import cache
from typing import Any

import boto3

Event = dict[str, Any]


@cache
def gateway(url: str) -> Any:
    return boto3.client("apigatewaymanagementapi", endpoint_url=url)


def connect(event: Event, context: Any) -> Event:
    return {"statusCode": 200}


def echo(event: Event, context: Any) -> Event:
    return {"statusCode": 200, "body": event["body"]}


def post(event: Event, context: Any) -> Event:
    there = event["requestContext"]
    # serverless-offline does not lead an address of AWS back to itself; it names its own.
    url = os.environ.get("GATEWAY_URL") or f"https://{there['domainName']}/{there['stage']}"
    client = gateway(url)
    client.post_to_connection(ConnectionId=there["connectionId"], Data=event["body"])
    return {"statusCode": 200}
