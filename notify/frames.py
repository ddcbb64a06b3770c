"""The wire: what clients are sent, as one JSON object a frame."""

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from notify.errors import HeliographError
from notify.marks import State
from notify.messages import MessageId
from notify.model import timestamp

# API Gateway carries a message above 32 KB only in fragments; 28 KB leaves room for what grows.
MAX_NOTIFICATION_BYTES = 28 * 1024


class Pong(Struct, tag="pong", frozen=True):
    """The answer to a ping."""

    timestamp: str
    id: MessageId = UNSET


class Welcome(Struct, tag="welcome", frozen=True):
    """The answer to a hello."""

    connection_id: str
    user_id: str
    roles: list[str]
    server_time: str
    ping_interval_ms: int
    max_age_ms: int
    token_expires_at: str
    subscriptions: list[str]
    resume: dict[str, Any]
    unread: int
    unseen: int
    id: MessageId = UNSET


class Subscribed(Struct, tag="subscribed", frozen=True):
    """A topic is subscribed. `seq`: where its stream stands; `pattern`: the old name of `topic`."""

    topic: str
    pattern: str
    epoch: str
    seq: int
    timestamp: str
    id: MessageId = UNSET


class Unsubscribed(Struct, tag="unsubscribed", frozen=True):
    """A topic is given back."""

    topic: str
    pattern: str
    timestamp: str
    id: MessageId = UNSET


class ErrorFrame(Struct, tag="error", frozen=True):
    """A refusal. The server closes the connection after it only if it is `fatal`."""

    code: int
    name: str
    message: str
    temporary: bool
    fatal: bool
    timestamp: str
    retry_after_ms: int | None = None
    topic: str | UnsetType = UNSET
    id: MessageId = UNSET


class Sender(Struct, frozen=True):
    """Who asked for a notification."""

    id: str
    roles: list[str]


class NotificationFrame(Struct, tag="notification", frozen=True):
    """A notification on its way to one stream's subscribers; also what is stored of it.

    `unread`, `unseen`: the counts of its receiver's inbox, null where one frame goes to many.
    """

    id: str
    notification_type: str
    title: str
    message: str
    priority: str
    data: dict[str, Any]
    sender: Sender
    timestamp: str
    stream: str
    topic: str
    epoch: str | None
    seq: int | None
    expires_at: str | None = None
    collapse_key: str | None = None
    correlation_id: str | None = None
    unread: int | None = None
    unseen: int | None = None
    replay: bool = False


class Marked(Struct, tag="marked", frozen=True):
    """The answer to a mark. `count`: how many of the ids are in the inbox."""

    count: int
    unread: int
    unseen: int
    id: MessageId = UNSET


class NotificationUpdated(Struct, tag="notification_updated", frozen=True):
    """What the same user marked elsewhere: these ids, or with null all that is older than `before`,
    with null in both everything."""

    ids: list[str] | None
    state: State
    at: str
    before: str | UnsetType | None = UNSET


class UnreadCountChanged(Struct, tag="unread_count_changed", frozen=True):
    """Where the counts of the inbox stand after that."""

    unread: int
    unseen: int


Frame = (
    Pong
    | Welcome
    | Subscribed
    | Unsubscribed
    | ErrorFrame
    | NotificationFrame
    | Marked
    | NotificationUpdated
    | UnreadCountChanged
)


def encode(frame: Frame) -> bytes:
    return msgspec.json.encode(frame)


def error_frame(
    error: HeliographError, now: int, id: MessageId = UNSET, topic: str | UnsetType = UNSET
) -> ErrorFrame:
    return ErrorFrame(
        code=int(error.code),
        name=error.code.name.lower(),
        message=error.message,
        temporary=error.code.temporary,
        fatal=error.code.fatal,
        timestamp=timestamp(now),
        retry_after_ms=error.retry_after_ms,
        topic=topic,
        id=id,
    )
