"""The wire, without any I/O: texts into frames, and requests into texts."""

import json
from collections.abc import Callable, Iterable, Mapping

from .errors import CODE_NAMES
from .fields import Body, mapping, number, text, texts
from .frames import (
    Authenticated,
    ConnectionId,
    Disconnect,
    ErrorFrame,
    Frame,
    Marked,
    Notification,
    NotificationId,
    Pong,
    PresenceState,
    Replayed,
    RequestId,
    Resumed,
    Sender,
    Subscribed,
    UnknownFrame,
    Unsubscribed,
    Welcome,
)
from .gaps import Position
from .presence import TopicPresence
from .pushes import (
    Counts,
    NotificationUpdated,
    PresenceJoined,
    PresenceLeft,
    TokenExpiring,
    UnreadCountChanged,
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


def hello(
    request: RequestId, topics: Iterable[str], positions: Mapping[str, Position] | None = None
) -> str:
    fields = {"protocol": PROTOCOL, "topics": list(topics)}
    if positions:
        fields["resume"] = {
            stream: {"epoch": position.epoch, "seq": position.seq}
            for stream, position in positions.items()
        }
    return _compose("hello", request, **fields)


def replay(request: RequestId, stream: str, position: Position) -> str:
    return _compose("replay", request, stream=stream, epoch=position.epoch, after_seq=position.seq)


def subscribe(request: RequestId, topics: Iterable[str]) -> str:
    return _compose("subscribe", request, topics=list(topics))


def unsubscribe(request: RequestId, topics: Iterable[str]) -> str:
    return _compose("unsubscribe", request, topics=list(topics))


def ping(request: RequestId) -> str:
    return _compose("ping", request)


def mark(request: RequestId, ids: Iterable[str], state: str) -> str:
    return _compose("mark", request, ids=list(ids), state=state)


def auth(request: RequestId, token: str) -> str:
    return _compose("auth", request, token=token)


def presence(request: RequestId, topic: str) -> str:
    return _compose("presence", request, topic=topic)


def _compose(type_: str, request: RequestId, **fields: object) -> str:
    return json.dumps({"type": type_, "id": request, **fields}, separators=(",", ":"))


def _notification(body: Body) -> Frame:
    # Without an id a second delivery could not be told from a first.
    return read_notification(body) if text(body, "id") else UnknownFrame()


def read_notification(body: Body) -> Notification:
    """Of a frame, or of an entry of an inbox or a history."""
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
        counts=Counts.find(body),
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
        resume=_streams(mapping(body, "resume")),
        counts=Counts.find(body),
    )


def _subscribed(body: Body) -> Subscribed:
    own = {_topic(body): body} if _position(body) else {}
    return Subscribed(_request(body), _topic(body), _streams({**mapping(body, "streams"), **own}))


def _streams(body: Body) -> dict[str, Resumed]:
    return {stream: _resumed(mapping(body, stream)) for stream in body}


def _resumed(body: Body) -> Resumed:
    return Resumed(
        position=_position(body),
        recovered=body.get("recovered") is True,
        replayed=number(body, "replayed") or 0,
        has_more=body.get("has_more") is True,
        reason=text(body, "reason"),
    )


def _replayed(body: Body) -> Frame:
    position = _position(body)
    if position is None:
        return UnknownFrame()
    has_more = body.get("has_more") is True
    return Replayed(_request(body), text(body, "stream"), position, has_more)


def _position(body: Body) -> Position | None:
    epoch, seq = text(body, "epoch"), number(body, "seq")
    return Position(epoch, seq) if epoch and seq is not None else None


def _unsubscribed(body: Body) -> Unsubscribed:
    return Unsubscribed(_request(body), _topic(body))


def _marked(body: Body) -> Marked:
    return Marked(_request(body), number(body, "count") or 0, Counts.find(body))


def _authenticated(body: Body) -> Authenticated:
    return Authenticated(_request(body), text(body, "token_expires_at") or None)


def _presence_state(body: Body) -> PresenceState:
    return PresenceState(_request(body), TopicPresence.read(body))


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
        reason=text(body, "reason"),
        position=_position(body),
    )


def _disconnect(body: Body) -> Disconnect:
    reconnect = body.get("reconnect") is not False
    return Disconnect(
        code=number(body, "code") or (4200 if reconnect else 4000),
        reason=text(body, "reason"),
        reconnect=reconnect,
        after_ms=number(body, "after_ms") or 0,
    )


READERS: Mapping[str, Callable[[Body], Frame]] = {
    "notification": _notification,
    "welcome": _welcome,
    "subscribed": _subscribed,
    "unsubscribed": _unsubscribed,
    "replayed": _replayed,
    "marked": _marked,
    "authenticated": _authenticated,
    "presence_state": _presence_state,
    "pong": _pong,
    "error": _error,
    "disconnect": _disconnect,
    "token_expiring": TokenExpiring.read,
    "unread_count_changed": UnreadCountChanged.read,
    "notification_updated": NotificationUpdated.read,
    "presence_join": PresenceJoined.read,
    "presence_leave": PresenceLeft.read,
}


def _topic(body: Body) -> str:
    return text(body, "topic") or text(body, "pattern")  # The first clients' servers say pattern.


def _request(body: Body) -> RequestId | None:
    return RequestId(text(body, "id")) if text(body, "id") else None
