"""The HTTP API event, payload format 2.0."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from local_server.clock import Milliseconds
from local_server.events import Event
from local_server.ids import RequestId
from local_server.requests import Request, clf_time
from local_server.template.variables import ACCOUNT

_TEXT = ("text/", "application/json", "application/xml", "application/javascript")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class RouteMatch:
    """Which route took the request and what its path variables hold."""

    key: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class HttpCall:
    """A request that has found its route: authorizer and function are told the same of it."""

    request: Request
    match: RouteMatch
    api_id: str
    request_id: RequestId
    now: Milliseconds
    trace: str


def http_event(call: HttpCall, authorizer: Event | None = None) -> Event:
    """Optional keys are absent when they would be empty. `authorizer` is what one has granted."""
    request, match = call.request, call.match
    event: Event = {
        "version": "2.0",
        "routeKey": match.key,
        # AWS decodes it, spaces and Unicode included (aws-lambda-dotnet's
        # V2_SpecialCharactersInPath snapshot of a real API).
        "rawPath": request.decoded_path,
        "rawQueryString": request.query,
    }
    if cookies := _cookies(request):
        event["cookies"] = cookies
    event["headers"] = _headers(request, call.trace)
    if pairs := request.query_pairs:
        event["queryStringParameters"] = _joined(pairs)
    event["requestContext"] = _context(call, authorizer)
    if match.parameters:
        event["pathParameters"] = dict(match.parameters)
    if request.body:
        event["body"], event["isBase64Encoded"] = _body(request)
    else:
        event["isBase64Encoded"] = False
    return event


def _context(call: HttpCall, authorizer: Event | None) -> Event:
    request = call.request
    return {
        "accountId": ACCOUNT,
        "apiId": call.api_id,
        **({} if authorizer is None else {"authorizer": authorizer}),
        "domainName": request.host,
        "domainPrefix": request.host.split(".")[0],
        "http": {
            "method": request.method,
            "path": request.decoded_path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            # Empty, not absent, when the client sent none: unlike a WebSocket event.
            "userAgent": request.header("user-agent") or "",
        },
        "requestId": call.request_id,
        "routeKey": call.match.key,
        "stage": "$default",
        "time": clf_time(call.now),
        "timeEpoch": call.now,
    }


def _headers(request: Request, trace: str) -> dict[str, str]:
    lowered = [(name.lower(), value) for name, value in request.forwarded_headers(trace)]
    if not request.header_values("content-length"):
        # Recorded on a GET without a body as well.
        lowered.append(("content-length", str(len(request.body))))
    return dict(sorted(_joined(pair for pair in lowered if pair[0] != "cookie").items()))


def _cookies(request: Request) -> list[str]:
    lines = request.header_values("cookie")
    return [cookie.strip() for line in lines for cookie in line.split(";") if cookie.strip()]


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(request: Request) -> tuple[str, bool]:
    if _is_text(request.header("content-type")):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _is_text(content_type: str | None) -> bool:
    if content_type is None:
        return True
    kind = content_type.split(";")[0].strip().lower()
    return kind.startswith(_TEXT) or kind == _FORM or kind.endswith(("+json", "+xml"))
