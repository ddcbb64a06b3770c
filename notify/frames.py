"""The wire: what clients are sent, as one JSON object a frame."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from notify.errors import HeliographError, Rollover, Unrecoverable
from notify.marks import State
from notify.model import ConnectionId, Username, timestamp
from notify.reasons import Reason
from notify.topics import spread

# API Gateway carries a message above 32 KB only in fragments; 28 KB leaves room for what grows.
MAX_NOTIFICATION_BYTES = 28 * 1024

# Within so long those who are disconnected together come back, one after another, and before
# anybody is told that they have left (notify.noticing).
SPREAD_MS = 3_000

# What a client calls a message of its own; the answers to it bear it, too.
MessageId = Annotated[str, Meta(max_length=128)] | int | UnsetType


class Pong(Struct, tag="pong", frozen=True):
    """The answer to a ping."""

    timestamp: str
    id: MessageId = UNSET


class Resumed(Struct, frozen=True):
    """What became of a position in a stream: everything up to `seq` is served.

    `recovered`: nothing is missing between the position that was given and this one. `has_more`:
    something may follow that was not replayed.
    """

    epoch: str | None
    seq: int | None
    recovered: bool
    replayed: int = 0
    has_more: bool = False
    reason: Reason | UnsetType = UNSET


class Welcome(Struct, tag="welcome", frozen=True):
    """The answer to a hello. `unread`, `unseen`: null if the inbox cannot be read at the moment."""

    connection_id: str
    user_id: str
    roles: list[str]
    server_time: str
    ping_interval_ms: int
    max_age_ms: int
    token_expires_at: str
    subscriptions: list[str]
    resume: dict[str, Resumed]
    unread: int | None
    unseen: int | None
    id: MessageId = UNSET


class Subscribed(Struct, tag="subscribed", frozen=True):
    """A topic is subscribed. `seq`: where its stream stands; `pattern`: the old name of `topic`.

    `streams`: the others that feed it. What follows is only there if a position was given.
    """

    topic: str
    pattern: str
    epoch: str | None
    seq: int | None
    timestamp: str
    streams: dict[str, Resumed] = {}
    recovered: bool | UnsetType = UNSET
    replayed: int | UnsetType = UNSET
    has_more: bool | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET
    id: MessageId = UNSET


class Unsubscribed(Struct, tag="unsubscribed", frozen=True):
    """A topic is given back."""

    topic: str
    pattern: str
    timestamp: str
    id: MessageId = UNSET


class Replayed(Struct, tag="replayed", frozen=True):
    """The end of a replay: everything up to `seq` was served."""

    stream: str
    epoch: str
    seq: int
    has_more: bool
    id: MessageId = UNSET


class Acked(Struct, tag="acked", frozen=True):
    """The answer to an ack that asked for one."""

    stream: str
    seq: int
    id: MessageId = UNSET


class Authenticated(Struct, tag="authenticated", frozen=True):
    """A new token has taken the place of the one before."""

    token_expires_at: str
    id: MessageId = UNSET


class PresentUser(Struct, frozen=True):
    """A user in a topic. `since`: when the oldest of these connections was opened."""

    user_id: str
    connections: int
    since: str


class PresenceState(Struct, tag="presence_state", frozen=True):
    """Who is in a topic. `truncated`: there are more than are counted or shown."""

    topic: str
    count: int
    users: list[PresentUser]
    truncated: bool
    id: MessageId = UNSET


class PresenceJoin(Struct, tag="presence_join", frozen=True):
    """A user has come to a topic, which has `count` users now. The later `at` is right."""

    topic: str
    user_id: str
    count: int
    at: str


class PresenceLeave(Struct, tag="presence_leave", frozen=True):
    """A user has left a topic for good."""

    topic: str
    user_id: str
    count: int
    at: str


class ErrorFrame(Struct, tag="error", frozen=True):
    """A refusal. The server closes the connection after it only if it is `fatal`.

    `reason`, `epoch`, `seq`: of a position that cannot be served, why, and where to go on.
    """

    code: int
    name: str
    message: str
    temporary: bool
    fatal: bool
    timestamp: str
    retry_after_ms: int | None = None
    topic: str | UnsetType = UNSET
    id: MessageId = UNSET
    reason: Reason | UnsetType = UNSET
    epoch: str | UnsetType = UNSET
    seq: int | UnsetType = UNSET


class Disconnect(Struct, tag="disconnect", frozen=True):
    """The connection is closed though nothing is wrong. `after_ms`: how long to stay away."""

    code: int
    reason: str
    reconnect: bool
    after_ms: int


class TokenExpiring(Struct, tag="token_expiring", frozen=True):
    """A connection's token is about to end, and the connection with it."""

    expires_in_ms: int


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
    | Replayed
    | Acked
    | Authenticated
    | PresenceState
    | PresenceJoin
    | PresenceLeave
    | ErrorFrame
    | Disconnect
    | TokenExpiring
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
    position = error.position if isinstance(error, Unrecoverable) else None
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
        reason=error.reason if isinstance(error, Unrecoverable) else UNSET,
        epoch=position.epoch if position else UNSET,
        seq=position.seq if position else UNSET,
    )


def farewell(
    error: HeliographError, connection_id: ConnectionId, now: int
) -> ErrorFrame | Disconnect:
    """What a connection is told that has asked for nothing and is closed."""
    if not isinstance(error, Rollover):
        return error_frame(error, now)
    after_ms = spread(connection_id, SPREAD_MS)
    return Disconnect(int(error.code), error.message, reconnect=True, after_ms=after_ms)


class StoredNotification(Struct, frozen=True):
    """A notification in its stream. Users in `excluded` are not meant; times in ms."""

    frame: NotificationFrame
    at: int
    expires_at: int
    excluded: frozenset[Username] = frozenset()
