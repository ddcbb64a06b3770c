"""Addresses that let a browser in, and what is known of whoever uses one."""

import json
import os
from typing import Any

import boto3
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest

Event = dict[str, Any]


def show(event: Event, context: Any) -> Any:
    return {"statusCode": 200, "body": json.dumps(event["requestContext"])}


def ticket(event: Event, context: Any) -> Any:
    """A presigned address of the WebSocket API, in the name of this function."""
    host = event["requestContext"]["domainName"]
    request = AWSRequest("GET", f"https://{host}/local")
    credentials = boto3.Session().get_credentials().get_frozen_credentials()
    region = os.environ["AWS_REGION"]
    SigV4QueryAuth(credentials, "execute-api", region, expires=60).add_auth(request)
    return {"url": request.url.replace("https://", "ws://")}
