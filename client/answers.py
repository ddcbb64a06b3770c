"""What the HTTP API answers, typed; `body` is the answer word for word, so that nothing is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from .fields import Body, mapping, mappings, number, text, texts


@dataclass(frozen=True, slots=True)
class User:
    """An account."""

    user_id: str
    roles: tuple[str, ...]
    tenant: str | None
    body: Body = field(repr=False)

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(text(body, "user_id"), texts(body, "roles"), text(body, "tenant") or None, body)


@dataclass(frozen=True, slots=True)
class Login:
    """A token and whom it stands for; the token stays out of the repr. `expires_in`: seconds."""

    access_token: str = field(repr=False)
    expires_in: int
    user: User
    body: Body = field(repr=False)

    @classmethod
    def read(cls, body: Body) -> Self:
        user = User.read(mapping(body, "user"))
        return cls(text(body, "access_token"), number(body, "expires_in") or 0, user, body)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a send for one user: how many connections, how many of them were reached."""

    user_id: str
    seq: int | None
    connections: int
    delivered: int
    gone: int

    @classmethod
    def read(cls, body: Body) -> Self:
        numbers = (number(body, name) or 0 for name in ("connections", "delivered", "gone"))
        return cls(text(body, "user_id"), number(body, "seq"), *numbers)


@dataclass(frozen=True, slots=True)
class Sent:
    """`status`: delivered, partially_delivered or stored."""

    notification_id: str
    status: str
    results: tuple[Receipt, ...]
    body: Body = field(repr=False)

    @classmethod
    def read(cls, body: Body) -> Self:
        results = tuple(Receipt.read(result) for result in mappings(body, "results"))
        return cls(text(body, "notification_id"), text(body, "status"), results, body)


@dataclass(frozen=True, slots=True)
class Broadcasted:
    """`broadcast_id` is set if a queue does the work; `recipients` is an estimate then."""

    pattern: str
    notification_id: str
    broadcast_id: str | None
    recipients: int
    delivered: int
    gone: int
    dry_run: bool
    body: Body = field(repr=False)

    @classmethod
    def read(cls, body: Body) -> Self:
        recipients = number(body, "recipients")
        return cls(
            pattern=text(body, "pattern"),
            notification_id=text(body, "notification_id"),
            broadcast_id=text(body, "broadcast_id") or None,
            recipients=recipients or number(body, "estimated_recipients") or 0,
            delivered=number(body, "delivered") or 0,
            gone=number(body, "gone") or 0,
            dry_run=body.get("dry_run") is True,
            body=body,
        )


@dataclass(frozen=True, slots=True)
class Stats:
    """True numbers about the service; the server names users to admins and services only."""

    websocket_connections: int
    user_connections: int
    topics: int
    connections_by_user: Mapping[str, int]
    counters: Mapping[str, int]
    timestamp: str
    body: Body = field(repr=False)

    @classmethod
    def read(cls, body: Body) -> Self:
        counters = mapping(body, "counters")
        by_user = mapping(mapping(body, "pubsub_stats"), "subscribers_by_user")
        return cls(
            websocket_connections=number(body, "websocket_connections") or 0,
            user_connections=number(body, "user_connections") or 0,
            topics=number(body, "topics") or 0,
            connections_by_user=_numbers(by_user),
            counters=_numbers(counters),
            timestamp=text(body, "timestamp"),
            body=body,
        )


def _numbers(body: Body) -> Mapping[str, int]:
    return {name: number(body, name) or 0 for name in body}
