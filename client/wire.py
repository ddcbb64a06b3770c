"""The wire, without any I/O: texts into frames, and requests into texts."""

import json
from collections.abc import Iterable

from client.errors import CODE_NAMES
from client.fields import Body, mapping, number, text, texts
from client.frames import (
    ConnectionId,
    Disconnect,
    ErrorFrame,
    Frame,
    Notification,
    NotificationId,
    Pong,
    RequestId,
    Sender,
    Subscribed,
    UnknownFrame,
    Unsubscribed,
    Welcome,
)

PROTOCOL = 1
FIRST_REQUEST_CODE = 4400  # Below it a code ends the connection, from it on only a request.


def parse(raw: str | bytes) -> Frame:
    """Any text from the server. Missing fields get defaults: a reader is tolerant."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return UnknownFrame()
    if not isinstance(body, dict):
        return UnknownFrame()
    read = READERS.get(text(body, "type"))
    return read(body) if read else UnknownFrame()


def hello(request: RequestId, topics: Iterable[str]) -> str:
    return _compose("hello", request, protocol=PROTOCOL, topics=list(topics))


def subscribe(request: RequestId, topics: Iterable[str]) -> str:
    return _compose("subscribe", request, topics=list(topics))


def unsubscribe(request: RequestId, topics: Iterable[str]) -> str:
    return _compose("unsubscribe", request, topics=list(topics))


def ping(request: RequestId) -> str:
    return _compose("ping", request)


def _compose(type_: str, request: RequestId, **fields: object) -> str:
    return json.dumps({"type": type_, "id": request, **fields}, separators=(",", ":"))


def _notification(body: Body) -> Frame:
    if not text(body, "id"):
        return UnknownFrame()  # Without an id a second delivery could not be told from a first.
    topic = text(body, "topic")
    return Notification(
        id=NotificationId(text(body, "id")),
        notification_type=text(body, "notification_type"),
        title=text(body, "title"),
        message=text(body, "message"),
        priority=text(body, "priority") or "normal",
        data=mapping(body, "data"),
        sender=_sender(mapping(body, "sender")),
        timestamp=text(body, "timestamp"),
        stream=text(body, "stream") or topic,
        topic=topic,
        epoch=text(body, "epoch") or None,
        seq=number(body, "seq"),
        expires_at=text(body, "expires_at") or None,
        collapse_key=text(body, "collapse_key") or None,
        replay=body.get("replay") is True,
    )


def _sender(body: Body) -> Sender:
    return Sender(text(body, "id"), texts(body, "roles"))


def _welcome(body: Body) -> Welcome:
    return Welcome(
        request=_request(body),
        connection_id=ConnectionId(text(body, "connection_id")),
        user_id=text(body, "user_id"),
        roles=texts(body, "roles"),
        ping_interval_ms=number(body, "ping_interval_ms"),
        max_age_ms=number(body, "max_age_ms"),
        token_expires_at=text(body, "token_expires_at") or None,
        subscriptions=texts(body, "subscriptions"),
    )


def _subscribed(body: Body) -> Subscribed:
    return Subscribed(_request(body), _topic(body))


def _unsubscribed(body: Body) -> Unsubscribed:
    return Unsubscribed(_request(body), _topic(body))


def _pong(body: Body) -> Pong:
    return Pong(_request(body))


def _error(body: Body) -> ErrorFrame:
    code = number(body, "code") or 4500
    return ErrorFrame(
        request=_request(body),
        code=code,
        name=text(body, "name") or CODE_NAMES.get(code, "error"),
        message=text(body, "message"),
        topic=text(body, "topic") or None,
        temporary=body.get("temporary") is True,
        retry_after_ms=number(body, "retry_after_ms"),
        after_ms=number(body, "after_ms") or 0,
        fatal=body.get("fatal") is True or 4000 <= code < FIRST_REQUEST_CODE,
    )


def _disconnect(body: Body) -> Disconnect:
    reconnect = body.get("reconnect") is not False
    return Disconnect(
        code=number(body, "code") or (4200 if reconnect else 4000),
        reason=text(body, "reason"),
        reconnect=reconnect,
        after_ms=number(body, "after_ms") or 0,
    )


READERS = {
    "notification": _notification,
    "welcome": _welcome,
    "subscribed": _subscribed,
    "unsubscribed": _unsubscribed,
    "pong": _pong,
    "error": _error,
    "disconnect": _disconnect,
}


def _topic(body: Body) -> str:
    return text(body, "topic") or text(body, "pattern")  # The first clients' servers say pattern.


def _request(body: Body) -> RequestId | None:
    return RequestId(text(body, "id")) if text(body, "id") else None
