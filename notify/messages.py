"""The wire: what clients send, as one JSON object a frame."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct

from notify.errors import BadRequest, Invalid
from notify.frames import MessageId
from notify.marks import State
from notify.topics import MAX_SUBSCRIPTIONS

PROTOCOL = 1
MAX_TOKEN_CHARACTERS = 8192

NotificationIds = Annotated[
    list[Annotated[str, Meta(max_length=128)]], Meta(min_length=1, max_length=100)
]
Patterns = Annotated[list[str], Meta(min_length=1, max_length=MAX_SUBSCRIPTIONS)]
Stream = Annotated[str, Meta(max_length=256)]
# Each is judged for itself, so that one that is no position never costs the others.
Positions = Annotated[dict[Stream, Any], Meta(max_length=200)]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # what JSON carries everywhere
MAX_REPLAYED = 100  # notifications of one stream in one answer
ReplayLimit = Annotated[int, Meta(ge=1, le=MAX_REPLAYED)]


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


def parse_object(text: str | bytes) -> dict[str, Any]:
    """Any JSON object. Raises: BadRequest."""
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        raise BadRequest("not JSON") from None
    except RecursionError:
        raise BadRequest("nested too deeply") from None
    if not isinstance(fields, dict):
        raise BadRequest("not a JSON object")
    return fields


T = TypeVar("T")
MAX_COMPLAINT = 250  # a field's name is the caller's, and as long as they like


def convert(fields: Any, to: type[T], *, strict: bool = True) -> T:
    """The fields as a struct of ours; numbers may be texts unless `strict`.

    Raises: Invalid naming the field.
    """
    try:
        return msgspec.convert(fields, to, strict=strict)
    except msgspec.ValidationError as error:
        raise Invalid(_in_our_words(str(error))[:MAX_COMPLAINT]) from None


def _in_our_words(complaint: str) -> str:
    """`Expected `str`, got `int` - at `$.title`` as ``title: expected `str`, got `int```."""
    for prefix, ours in (
        ("Object missing required field `", "required"),
        ("Object contains unknown field `", "unknown field"),
    ):
        if complaint.startswith(prefix):
            field, _, rest = complaint.removeprefix(prefix).partition("`")
            return f"{_parent(rest)}{field}: {ours}"
    what, _, path = complaint.partition(" - at `$")
    where = path.rstrip("`").lstrip(".")
    return f"{where}: {what[:1].lower()}{what[1:]}" if where else what


def _parent(rest: str) -> str:
    path = rest.partition(" - at `$")[2].rstrip("`").lstrip(".")
    return f"{path}." if path else ""
