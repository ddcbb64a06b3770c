"""Authorizers that do what the caller tells them to."""

import json
import os
import time
from typing import Any

Event = dict[str, Any]


def websocket(event: Event, context: Any) -> Any:
    return act(event["queryStringParameters"]["auth"], event, context)


def http(event: Event, context: Any) -> Any:
    headers = {name.lower(): value for name, value in event["headers"].items()}
    return act(headers.get("x-key", "yes"), event, context)


def act(word: str, event: Event, context: Any) -> Any:
    if word == "unauthorized":
        raise PermissionError("Unauthorized")
    if word == "raise":
        raise PermissionError("Unauthorized: not today")
    if word == "sleep":
        time.sleep(30)
    if word == "exit":
        os._exit(3)
    if word in ("yes", "no"):
        return {"isAuthorized": word == "yes", "context": shown(event, context)}
    if word.startswith(("Allow", "Deny")):
        return policy(word, event, context)
    return json.loads(word.replace("$arn", arn(event)))


def policy(word: str, event: Event, context: Any) -> Any:
    """`Allow` is for this route; `Allow:resource` for what it says."""
    effect, _, resource = word.partition(":")
    allowed = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource or arn(event)}
    return {
        "principalId": "somebody",
        "policyDocument": {"Version": "2012-10-17", "Statement": [allowed]},
        "context": shown(event, context),
    }


def arn(event: Event) -> Any:
    return event.get("routeArn") or event.get("methodArn")


def shown(event: Event, context: Any) -> Any:
    """What the authorizer saw, and by which invocation."""
    return {
        "seen": json.dumps(event),
        "invocation": context.aws_request_id,
        "number": 1,
        "truth": True,
        "half": 0.5,
    }
