"""Who is there: in a topic, and at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from .fields import Body, mappings, number, text


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody in a topic. `since`: when the oldest of their connections was opened."""

    user_id: str
    connections: int
    since: str | None

    @classmethod
    def read(cls, body: Body) -> Self:
        since = text(body, "since") or None
        return cls(text(body, "user_id"), number(body, "connections") or 0, since)


@dataclass(frozen=True, slots=True)
class TopicPresence:
    """Who is in a topic. `truncated`: there are more than are counted or named."""

    topic: str
    count: int
    users: tuple[Present, ...]
    truncated: bool
    body: Body = field(repr=False)

    @classmethod
    def read(cls, body: Body) -> Self:
        users = tuple(Present.read(user) for user in mappings(body, "users"))
        truncated = body.get("truncated") is True
        return cls(text(body, "topic"), number(body, "count") or 0, users, truncated, body)


@dataclass(frozen=True, slots=True)
class UserPresence:
    """Whether a user is online. Who does not exist is not."""

    user_id: str
    online: bool
    connections: int
    since: str | None

    @classmethod
    def read(cls, body: Body) -> Self:
        online, since = body.get("online") is True, text(body, "since") or None
        return cls(text(body, "user_id"), online, number(body, "connections") or 0, since)


@dataclass(frozen=True, slots=True)
class UsersPresence:
    """Those who were asked about, by their names."""

    users: Mapping[str, UserPresence]
    body: Body = field(repr=False)

    @classmethod
    def read(cls, body: Body) -> Self:
        users = (UserPresence.read(user) for user in mappings(body, "users"))
        return cls({user.user_id: user for user in users}, body)
