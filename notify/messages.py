"""The wire: what clients send, as one JSON object a frame."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct

from notify.errors import BadRequest
from notify.frames import MessageId
from notify.marks import State
from notify.parsing import MAX_REPLAYED, NotificationIds, ReplayLimit, Seq, convert, parse_object
from notify.topics import MAX_SUBSCRIPTIONS

PROTOCOL = 1
MAX_TOKEN_CHARACTERS = 8192

Patterns = Annotated[list[str], Meta(min_length=1, max_length=MAX_SUBSCRIPTIONS)]
Stream = Annotated[str, Meta(max_length=256)]
# Each is judged for itself, so that one that is no position never costs the others.
Positions = Annotated[dict[Stream, Any], Meta(max_length=200)]


class Ping(Struct, tag="ping", frozen=True):
    """Keeps a connection from idling out: API Gateway counts messages, not ping frames."""

    id: MessageId = UNSET


class Hello(Struct, tag="hello", frozen=True):
    """The first message of a client that wants to know where it landed."""

    id: MessageId = UNSET
    protocol: int = PROTOCOL
    topics: Annotated[list[str], Meta(max_length=MAX_SUBSCRIPTIONS)] = []
    resume: Positions = {}
    # What the client means to do. Acks are taken in either mode, and no delivery depends on one.
    ack_mode: Literal["none", "batch"] = "none"


class Subscribe(Struct, tag="subscribe", frozen=True):
    """Asks for topics; each is answered for itself."""

    topics: Patterns
    id: MessageId = UNSET
    since: Positions = {}


class SubscribePattern(Struct, tag="subscribe_pattern", frozen=True):
    """`subscribe` as the first clients spell it."""

    pattern: str
    id: MessageId = UNSET

    @property
    def topics(self) -> list[str]:
        return [self.pattern]

    @property
    def since(self) -> dict[str, Any]:
        return {}


class Unsubscribe(Struct, tag="unsubscribe", frozen=True):
    """Gives topics back."""

    topics: Patterns
    id: MessageId = UNSET


class UnsubscribePattern(Struct, tag="unsubscribe_pattern", frozen=True):
    """`unsubscribe` as the first clients spell it."""

    pattern: str
    id: MessageId = UNSET

    @property
    def topics(self) -> list[str]:
        return [self.pattern]


class Auth(Struct, tag="auth", frozen=True):
    """A new access token for the connection, before the old one ends."""

    token: Annotated[str, Meta(max_length=MAX_TOKEN_CHARACTERS)]
    id: MessageId = UNSET


class MarkThese(Struct, tag="mark", frozen=True):
    """Says what became of notifications in one's inbox."""

    ids: NotificationIds
    state: State
    id: MessageId = UNSET


class Replay(Struct, tag="replay", frozen=True):
    """Asks for what follows a position."""

    stream: Stream
    epoch: Annotated[str, Meta(max_length=64)]
    after_seq: Seq
    limit: ReplayLimit = MAX_REPLAYED
    id: MessageId = UNSET


class Ack(Struct, tag="ack", frozen=True):
    """Everything of the stream up to `seq` has arrived."""

    stream: Stream
    seq: Seq
    id: MessageId = UNSET


class PresenceQuery(Struct, tag="presence", frozen=True):
    """Asks who is in a topic."""

    topic: str
    id: MessageId = UNSET


Message = (
    Ping
    | Hello
    | Subscribe
    | SubscribePattern
    | Unsubscribe
    | UnsubscribePattern
    | Replay
    | Ack
    | MarkThese
    | Auth
    | PresenceQuery
)
TYPES: dict[str, type[Message]] = {
    "ping": Ping,
    "hello": Hello,
    "subscribe": Subscribe,
    "subscribe_pattern": SubscribePattern,
    "unsubscribe": Unsubscribe,
    "unsubscribe_pattern": UnsubscribePattern,
    "mark": MarkThese,
    "replay": Replay,
    "ack": Ack,
    "auth": Auth,
    "presence": PresenceQuery,
}


def message_id(text: str | bytes) -> MessageId:
    """The `id` of a frame that may be bad in any other way, so that its error can echo it."""
    try:
        return _MessageId.decode(text).id
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return UNSET


class _OnlyId(Struct):
    id: MessageId = UNSET


_MessageId = msgspec.json.Decoder(_OnlyId)


def parse_message(text: str | bytes) -> Message:
    """A client's frame. Raises: BadRequest if it is none of ours, Invalid if a field is wrong."""
    fields = parse_object(text)
    known = TYPES.get(fields["type"]) if isinstance(fields.get("type"), str) else None
    if known is None:
        raise BadRequest("type: one of " + ", ".join(TYPES))
    return convert(fields, known)
