"""What callers of the HTTP API ask for: one struct a body, unknown fields refused."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from notify.entries import Place, Status, parse_cursor
from notify.errors import BadRequest, PayloadTooLarge
from notify.marks import State
from notify.parsing import NotificationIds, ReplayLimit, Seq, convert, parse_object

MAX_BODY_BYTES = 256 * 1024
MAX_DEPTH = 32

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Names = Annotated[list[Name], Meta(max_length=100)]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=4000)]
CollapseKey = Annotated[str, Meta(min_length=1, max_length=128)]
Priority = Literal["low", "normal", "high", "urgent"]
# From a minute to a year; 30 days unless the caller says otherwise.
TtlSeconds = Annotated[int, Meta(ge=60, le=365 * 86_400)]
DEFAULT_TTL_SECONDS = 30 * 86_400
# Posts a second; a hundred times what API Gateway lets an account do.
MAX_RATE = 1_000_000
MaxRate = Annotated[int, Meta(ge=1, le=MAX_RATE)]
PageLimit = Annotated[int, Meta(ge=1, le=100)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MS = 253_402_300_799_999  # of the year 9999, the last that can be written
Moment = Annotated[datetime, Meta(tz=True)]


class Content(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a notification says, however it is addressed."""

    notification_type: Name
    title: Title
    message: Text
    priority: Priority = "normal"
    data: dict[str, Any] = {}
    ttl_seconds: TtlSeconds = DEFAULT_TTL_SECONDS
    collapse_key: CollapseKey | None = None
    schedule_at: Moment | UnsetType = UNSET

    def __post_init__(self) -> None:
        # How deep a parser goes differs from one Python to the next, let alone among clients.
        if _is_deeper(self.data, MAX_DEPTH):
            raise ValueError(f"data: nested more than {MAX_DEPTH} levels deep")


class Send(Content, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """POST /notifications/send-realtime: to one user or to up to a hundred."""

    user_id: Name | UnsetType = UNSET
    user_ids: Annotated[list[Name], Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    persist: bool = True
    exclude_connections: Names = []

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.user_id is UNSET) == (self.user_ids is UNSET):
            raise ValueError("user_id: give either user_id or user_ids")

    @property
    def usernames(self) -> list[str]:
        """Each addressed user once, in the order given."""
        names = self.user_ids if isinstance(self.user_ids, list) else [self.user_id]
        return list(dict.fromkeys(str(name) for name in names))


class Broadcast(Content, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """POST /notifications/broadcast: to a topic, to all under a wildcard, or to everybody."""

    pattern: Annotated[str, Meta(min_length=1, max_length=256)]
    persist: Literal["stream", "none"] = "stream"
    exclude_user_ids: Names = []
    max_rate: MaxRate | None = None
    dry_run: bool = False


class HistoryQuery(Struct, frozen=True):
    """GET /history/{topic}: which part of it."""

    after_seq: Seq = 0
    limit: ReplayLimit = 50


Addressed = Send | Broadcast


class Batch(Struct, forbid_unknown_fields=True, frozen=True):
    """POST /notifications/batch: up to a hundred sends and broadcasts, each judged by itself."""

    messages: Annotated[list[Any], Meta(min_length=1, max_length=100)]


class MarkThese(Struct, forbid_unknown_fields=True, frozen=True):
    """POST /inbox/mark."""

    ids: NotificationIds
    state: State


class MarkAll(Struct, forbid_unknown_fields=True, frozen=True):
    """POST /inbox/mark-all: everything, or what is older than `before`."""

    state: State
    before: Annotated[datetime, Meta(tz=True)] | None = None

    def __post_init__(self) -> None:
        if self.state is State.UNREAD:
            raise ValueError("state: all can be marked seen, read or archived; unread only by id")

    @property
    def before_ms(self) -> int | None:
        if self.before is None:
            return None
        return min((self.before - EPOCH) // timedelta(milliseconds=1), LAST_MS)


class InboxQuery(Struct, frozen=True):
    """GET /inbox."""

    status: Status = Status.ALL
    limit: PageLimit = 50
    cursor: str = ""

    @property
    def behind(self) -> Place | None:
        """Raises: Invalid."""
        return parse_cursor(self.cursor) if self.cursor else None


def _is_deeper(data: object, levels: int) -> bool:
    layer = [data]
    for _ in range(levels):
        layer = [item for part in layer for item in _inside(part)]
    return any(isinstance(part, dict | list) for part in layer)


def _inside(part: object) -> Iterable[object]:
    if isinstance(part, dict):
        return part.values()
    return part if isinstance(part, list) else ()


T = TypeVar("T")


def parse_addressed(fields: object) -> Addressed:
    """A send or, where there is a `pattern`, a broadcast. Raises: BadRequest, Invalid."""
    if not isinstance(fields, dict):
        raise BadRequest("not a JSON object")
    if "pattern" in fields:
        return convert(fields, Broadcast)
    return convert(fields, Send)


def parse_stored(fields: dict[str, Any]) -> Addressed:
    """The same of what was accepted once, also if it was by a version that bounded less."""
    if (fields.get("max_rate") or 0) > MAX_RATE:
        fields = {**fields, "max_rate": MAX_RATE}
    return parse_addressed(fields)


def parse_body(body: str | bytes, to: type[T]) -> T:
    """Raises: PayloadTooLarge, BadRequest if it is not a JSON object, Invalid naming the field."""
    raw = body.encode(errors="surrogatepass") if isinstance(body, str) else body
    if len(raw) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"the body is larger than {MAX_BODY_BYTES} bytes")
    return convert(parse_object(raw), to)


def parse_query(parameters: Mapping[str, str], to: type[T]) -> T:
    """A query string's parameters, unknown ones ignored. Raises: Invalid naming the parameter."""
    return convert(parameters, to, strict=False)
