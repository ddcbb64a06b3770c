"""CONNECT, MESSAGE and DISCONNECT, key for key as API Gateway sends them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_server.clock import Milliseconds
from local_server.events import Event
from local_server.ids import ConnectionId, MessageId, RequestId
from local_server.requests import Request, clf_time


@dataclass(frozen=True)
class Peer:
    """What API Gateway remembers of an upgrade request for all later events."""

    connection_id: ConnectionId
    connected_at: Milliseconds
    domain_name: str
    source_ip: str
    user_agent: str | None
    api_id: str
    stage: str
    # What an authorizer has granted; a mapping cannot be hashed.
    authorizer: Mapping[str, Any] | None = field(default=None, hash=False)
    stage_variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    # What a signature or an API key says of the client.
    known: Mapping[str, str] = field(default_factory=dict, hash=False)
    # A mapping of several levels does so (developer guide, websocket-api-mappings).
    lowers_headers: bool = False

    @property
    def identity(self) -> dict[str, str]:
        """`userAgent` is absent, not null, when the client sent none."""
        agent = {"userAgent": self.user_agent} if self.user_agent else {}
        return {**self.known, **agent, "sourceIp": self.source_ip}


def connect_event(
    peer: Peer, request: Request, request_id: RequestId, now: Milliseconds, trace: str
) -> Event:
    """There is no `body`, and no query key when there is no query."""
    headers = _canonical(request.forwarded_headers(trace))
    if peer.lowers_headers:
        headers = [(name.lower(), value) for name, value in headers]
    event: Event = {
        "headers": dict(headers),
        "multiValueHeaders": _multi(headers),
    }
    if pairs := request.query_pairs:
        event["queryStringParameters"] = dict(pairs)
        event["multiValueQueryStringParameters"] = _multi(pairs)
    event |= _stage_variables(peer)
    event["requestContext"] = _context(peer, "$connect", "CONNECT", request_id, now)
    event["isBase64Encoded"] = False
    return event


def message_event(
    peer: Peer,
    route_key: str,
    body: str,
    message_id: MessageId,
    request_id: RequestId,
    now: Milliseconds,
) -> Event:
    """Headers and query are given at $connect only."""
    extra = {"messageId": message_id}
    return {
        **_stage_variables(peer),
        "requestContext": _context(peer, route_key, "MESSAGE", request_id, now, before=extra),
        "body": body,
        "isBase64Encoded": False,
    }


def disconnect_event(
    peer: Peer, code: int, reason: str, request_id: RequestId, now: Milliseconds
) -> Event:
    """The four headers are all that is left, three of them empty."""
    headers = {"Host": peer.domain_name, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    return {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        **_stage_variables(peer),
        "requestContext": _context(
            peer,
            "$disconnect",
            "DISCONNECT",
            request_id,
            now,
            before={"disconnectStatusCode": code},
            after={"disconnectReason": reason},
        ),
        "isBase64Encoded": False,
    }


def _stage_variables(peer: Peer) -> Event:
    """Absent, not empty, where there are none."""
    return {"stageVariables": dict(peer.stage_variables)} if peer.stage_variables else {}


def _context(
    peer: Peer,
    route_key: str,
    event_type: str,
    request_id: RequestId,
    now: Milliseconds,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "routeKey": route_key,
        **(before or {}),
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": clf_time(now),
        "messageDirection": "IN",
        **(after or {}),
        "stage": peer.stage,
        "connectedAt": peer.connected_at,
        "requestTimeEpoch": now,
        **({} if peer.authorizer is None else {"authorizer": dict(peer.authorizer)}),
        "identity": peer.identity,
        "requestId": request_id,
        "domainName": peer.domain_name,
        "connectionId": peer.connection_id,
        "apiId": peer.api_id,
    }


# Other names keep the case the client wrote (headers of recorded events; aws-lambda-go's and
# aws-lambda-rust-runtime's fixtures).
_CANONICAL = {
    name.lower(): name
    for name in (
        "Host",
        "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Version",
    )
}


def _canonical(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    named = ((_CANONICAL.get(name.lower(), name), value) for name, value in headers)
    return sorted(named, key=lambda header: header[0].lower())


def _multi(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        values[name].append(value)
    return dict(values)
