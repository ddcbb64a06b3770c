"""What the server says unasked, beside notifications: counts, marks, who comes and who goes."""

from dataclasses import dataclass
from typing import Self

from .fields import Body, number, text, texts


@dataclass(frozen=True, slots=True)
class Counts:
    """Where an inbox stands."""

    unread: int
    unseen: int

    @classmethod
    def find(cls, body: Body) -> Self | None:
        """None where the server does not know, or does not say."""
        unread, unseen = number(body, "unread"), number(body, "unseen")
        return None if unread is None or unseen is None else cls(unread, unseen)


@dataclass(frozen=True, slots=True)
class UnreadCountChanged:
    """Something was marked on another connection of the same user."""

    counts: Counts

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(Counts.find(body) or Counts(0, 0))


@dataclass(frozen=True, slots=True)
class NotificationUpdated:
    """What was marked there: these `ids`; with None all that is older than `before`, or all."""

    ids: tuple[str, ...] | None
    state: str
    at: str
    before: str | None

    @classmethod
    def read(cls, body: Body) -> Self:
        ids = None if body.get("ids") is None else texts(body, "ids")
        return cls(ids, text(body, "state"), text(body, "at"), text(body, "before") or None)


@dataclass(frozen=True, slots=True)
class _Movement:
    """Of two about one user, the one with the later `at` is right. `count`: who is there then."""

    topic: str
    user_id: str
    count: int
    at: str

    @classmethod
    def read(cls, body: Body) -> Self:
        topic, user = text(body, "topic"), text(body, "user_id")
        return cls(topic, user, number(body, "count") or 0, text(body, "at"))


class PresenceJoined(_Movement):
    """A user has come to a topic."""

    __slots__ = ()


class PresenceLeft(_Movement):
    """A user has left a topic, for more than a moment."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TokenExpiring:
    """The connection's token is about to end, and the connection with it."""

    expires_in_ms: int

    @classmethod
    def read(cls, body: Body) -> Self:
        return cls(number(body, "expires_in_ms") or 0)


Push = UnreadCountChanged | NotificationUpdated | PresenceJoined | PresenceLeft
