"""Handlers as short as they can be."""

import json
import time
from typing import Any

import boto3
from botocore.config import Config

Event = dict[str, Any]


def connect(event: Event, context: Any) -> Event:
    return {"statusCode": 200}


def disconnect(event: Event, context: Any) -> None:
    return None


def echo(event: Event, context: Any) -> Event:
    return {"statusCode": 200, "body": event["body"]}


def show(event: Event, context: Any) -> Event:
    return {"statusCode": 200, "body": json.dumps(event)}


def say(event: Event, context: Any) -> Event:
    """Posts to its own connection, as deployed code does, and tells by its status what it heard."""
    there = event["requestContext"]
    gateway = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"https://{there['domainName']}/{there['stage']}",
        config=Config(retries={"total_max_attempts": 1}),
    )
    try:
        gateway.post_to_connection(ConnectionId=there["connectionId"], Data=event["body"])
    except gateway.exceptions.ClientError as error:
        return {"statusCode": error.response["ResponseMetadata"]["HTTPStatusCode"]}
    return {"statusCode": 200}


def fail(event: Event, context: Any) -> Event:
    raise RuntimeError("on purpose")


def hang(event: Event, context: Any) -> Event:
    time.sleep(50)
    return {"statusCode": 200}


def hello(event: Event, context: Any) -> Event:
    return {"statusCode": 200, "body": "hello"}
