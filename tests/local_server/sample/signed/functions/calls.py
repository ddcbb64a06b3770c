"""Calls of @connections, and what became of them."""

import json
import os
from typing import Any

import boto3
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

Event = dict[str, Any]
OPERATIONS = {
    "POST": "post_to_connection",
    "GET": "get_connection",
    "DELETE": "delete_connection",
}


def gate(event: Event, context: Any) -> Any:
    """Tries its own connection, which is not there yet, and tells an observer."""
    observer = event.get("queryStringParameters", {}).get("observer")
    if observer:
        observers().put_item(Item={"connection_id": connection(event), "observer": observer})
        tell(observer, event)
    return {"statusCode": 200}


def farewell(event: Event, context: Any) -> Any:
    """Tries its own connection, which is there no longer."""
    found = observers().get_item(Key={"connection_id": connection(event)}).get("Item")
    if found:
        tell(found["observer"], event)


def call(event: Event, context: Any) -> Any:
    wanted = json.loads(event["body"])
    target = wanted.get("target") or connection(event)
    by = {"requests": by_requests}.get(wanted.get("by"), by_boto3)
    outcome = by(wanted["method"], target, endpoint(wanted.get("at"), event))
    return {"statusCode": 200, "body": json.dumps({"connection": connection(event), **outcome})}


def observers() -> Any:
    return boto3.resource("dynamodb").Table(os.environ["OBSERVERS_TABLE"])


def connection(event: Event) -> str:
    return str(event["requestContext"]["connectionId"])


def tell(observer: str, event: Event) -> None:
    here = os.environ["CALLBACK_ENDPOINT"]
    outcomes = {
        "connection": connection(event),
        "POST": by_boto3("POST", connection(event), here)["code"],
        "GET": by_boto3("GET", connection(event), here)["code"],
    }
    client = boto3.client("apigatewaymanagementapi", endpoint_url=here)
    client.post_to_connection(ConnectionId=observer, Data=json.dumps(outcomes))


def endpoint(at: str | None, event: Event) -> str:
    there = event["requestContext"]
    if at == "own":
        return "https://ws.example.com/rt"
    api = f"{there['apiId']}.execute-api.{os.environ['AWS_REGION']}.amazonaws.com"
    host = {"domain": there["domainName"], "api": api}.get(at or "")
    return f"https://{host}/{there['stage']}" if host else os.environ["CALLBACK_ENDPOINT"]


def by_boto3(method: str, target: str, url: str) -> dict[str, Any]:
    client = boto3.client("apigatewaymanagementapi", endpoint_url=url)
    extra = {"Data": b"posted"} if method == "POST" else {}
    try:
        answer = getattr(client, OPERATIONS[method])(ConnectionId=target, **extra)
    except ClientError as error:
        return {"code": error.response["Error"]["Code"], "message": str(error)}
    return {"code": answer["ResponseMetadata"]["HTTPStatusCode"]}


def by_requests(method: str, target: str, url: str) -> dict[str, Any]:
    """As people write it who sign with botocore and send with requests."""
    request = AWSRequest(method, f"{url}/@connections/{target}", data=b"posted")
    credentials = boto3.Session().get_credentials().get_frozen_credentials()
    SigV4Auth(credentials, "execute-api", os.environ["AWS_REGION"]).add_auth(request)
    answer = requests.request(
        method, request.url, headers=dict(request.headers), data=request.data, timeout=5
    )
    return {"code": answer.status_code, "message": answer.text}
