"""What the server's frames say: one frozen dataclass a type."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

from .errors import RequestRefused
from .gaps import Position
from .presence import TopicPresence
from .pushes import Counts, Push, TokenExpiring

NotificationId = NewType("NotificationId", str)
ConnectionId = NewType("ConnectionId", str)
RequestId = NewType("RequestId", str)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asked for a notification."""

    id: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notification:
    """What a principal receives. `epoch` and `seq` are its place in `stream`, if it was stored.

    `counts`: where the inbox stands with it, if the server says so.
    """

    id: NotificationId
    notification_type: str
    title: str
    message: str
    priority: str
    data: Mapping[str, object]
    sender: Sender
    timestamp: str
    stream: str
    topic: str
    epoch: str | None
    seq: int | None
    expires_at: str | None
    collapse_key: str | None
    replay: bool
    counts: Counts | None = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """What the server says of a position in a stream: everything up to `position` is served, once
    `replayed` notifications have come. `position` is None where there is nothing to go on from."""

    position: Position | None
    recovered: bool
    replayed: int
    has_more: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to `hello`. `ping_interval_ms` is None if the server asks for no pings."""

    request: RequestId | None
    connection_id: ConnectionId
    user_id: str
    roles: tuple[str, ...]
    ping_interval_ms: int | None
    max_age_ms: int | None
    token_expires_at: str | None
    subscriptions: tuple[str, ...]
    resume: Mapping[str, Resumed] = field(default_factory=dict)
    counts: Counts | None = None

    @property
    def ping_interval(self) -> float | None:
        """In seconds."""
        return _seconds(self.ping_interval_ms)

    @property
    def max_age(self) -> float | None:
        """Seconds until the server ends the connection."""
        return _seconds(self.max_age_ms)


@dataclass(frozen=True, slots=True)
class Subscribed:
    """One topic is subscribed. `streams`: where those stand that feed it, its own among them."""

    request: RequestId | None
    topic: str
    streams: Mapping[str, Resumed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """One topic is given back."""

    request: RequestId | None
    topic: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """The end of a replay: everything up to `position` was served."""

    request: RequestId | None
    stream: str
    position: Position
    has_more: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """The answer to `mark`. `count`: how many of the ids are in the inbox."""

    request: RequestId | None
    count: int
    counts: Counts | None


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A new token has taken the place of the one before."""

    request: RequestId | None
    token_expires_at: str | None


@dataclass(frozen=True, slots=True)
class PresenceState:
    """Who is in a topic."""

    request: RequestId | None
    presence: TopicPresence

    @property
    def topic(self) -> str:
        return self.presence.topic


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to `ping`; only a ping with an id gets one with an id."""

    request: RequestId | None


@dataclass(frozen=True, slots=True)
class ErrorFrame:
    """A refusal: of the connection if it is `fatal`, else of one request or one topic of it."""

    request: RequestId | None
    code: int
    name: str
    message: str
    topic: str | None
    temporary: bool
    retry_after_ms: int | None
    after_ms: int
    fatal: bool
    reason: str = ""
    position: Position | None = None

    def as_error(self) -> RequestRefused:
        return RequestRefused(
            self.code,
            self.message,
            self.name,
            topic=self.topic,
            temporary=self.temporary,
            retry_after_ms=self.retry_after_ms,
            reason=self.reason,
            position=self.position,
        )


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The server is about to end the connection."""

    code: int
    reason: str
    reconnect: bool
    after_ms: int


@dataclass(frozen=True, slots=True)
class UnknownFrame:
    """Nothing this version understands; a later server may say more than we know."""


Answer = (
    Welcome
    | Subscribed
    | Unsubscribed
    | Replayed
    | Marked
    | Authenticated
    | PresenceState
    | Pong
    | ErrorFrame
)
Frame = Answer | Notification | Push | TokenExpiring | Disconnect | UnknownFrame


def _seconds(milliseconds: int | None) -> float | None:
    return milliseconds / 1000 if milliseconds and milliseconds > 0 else None
