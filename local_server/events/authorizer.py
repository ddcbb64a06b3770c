"""What a function that authorizes is shown: the request, before its own route sees it."""

from collections.abc import Mapping, Sequence
from typing import Any

from local_server.events import Event
from local_server.events.http import HttpCall
from local_server.events.websocket import Peer
from local_server.template.variables import ACCOUNT

# What belongs to one hop, and $connect does not see (recorded in localstack/localstack#7191).
_HOP = {"Connection": "upgrade", "content-length": "0", "Upgrade": "websocket"}
_FUNCTION_ONLY = frozenset({"version", "body", "isBase64Encoded"})


def connect_arn(peer: Peer, region: str) -> str:
    """There is no method in it and no path."""
    return _arn(region, peer.api_id, f"{peer.stage}/$connect")


def route_arn(call: HttpCall, region: str) -> str:
    """Of the request's own method and path, not of the route's: ANY and {id} are not in it.

    That is how REST APIs do it (dherault/serverless-offline#273); the recorded ARNs of HTTP APIs
    agree, though none of them has a path variable.
    """
    path = call.request.decoded_path
    return _arn(region, call.api_id, f"$default/{call.request.method}{path}")


def _arn(region: str, api_id: str, rest: str) -> str:
    return f"arn:aws:execute-api:{region}:{ACCOUNT}:{api_id}/{rest}"


def connect_authorizer_event(connect: Event, arn: str, peer: Peer) -> Event:
    """The CONNECT event and the headers it lacks; nothing is absent because it is empty."""
    hop = {name.lower() if peer.lowers_headers else name: text for name, text in _HOP.items()}
    values = {name: [text] for name, text in hop.items()}
    return {
        "type": "REQUEST",
        "methodArn": arn,
        "headers": _sorted({**_without_length(connect["headers"]), **hop}),
        "multiValueHeaders": _sorted({**_without_length(connect["multiValueHeaders"]), **values}),
        "queryStringParameters": connect.get("queryStringParameters", {}),
        "multiValueQueryStringParameters": connect.get("multiValueQueryStringParameters", {}),
        "stageVariables": connect.get("stageVariables", {}),
        "requestContext": connect["requestContext"],
    }


def http_authorizer_event(event: Event, arn: str, identity: Sequence[str]) -> Event:
    """Payload 2.0: the function's own event without its body. `identity` may be empty."""
    return {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": arn,
        # null without identity sources, as recorded.
        "identitySource": list(identity) or None,
        **{key: value for key, value in event.items() if key not in _FUNCTION_ONLY},
    }


def rest_authorizer_event(call: HttpCall, arn: str, identity: Sequence[str]) -> Event:
    """Payload 1.0, compatible with REST APIs; the keys are the developer guide's.

    docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    """
    request, key = call.request, call.match.key
    resource = key.split(" ")[-1]
    joined = ",".join(identity) if identity else None
    path = request.decoded_path
    return {
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": arn,
        "identitySource": joined,
        "authorizationToken": joined,
        "resource": resource,
        "path": path,
        "httpMethod": request.method,
        # In the client's case, which payload 2.0 does not keep.
        "headers": {
            **_without_length(dict(request.forwarded_headers(call.trace))),
            "Content-Length": str(len(request.body)),
        },
        "queryStringParameters": dict(request.query_pairs),
        "pathParameters": dict(call.match.parameters),
        "stageVariables": {},
        "requestContext": {
            "path": path,
            "accountId": ACCOUNT,
            "resourceId": key,
            "stage": "$default",
            "requestId": call.request_id,
            "identity": {"sourceIp": request.source_ip},
            "resourcePath": resource,
            "httpMethod": request.method,
            "apiId": call.api_id,
        },
    }


def _without_length(headers: Mapping[str, Any]) -> Event:
    return {name: value for name, value in headers.items() if name.lower() != "content-length"}


def _sorted(values: Event) -> Event:
    return dict(sorted(values.items(), key=lambda pair: pair[0].lower()))
