"""What frames and requests have in common: objects of JSON, fields, and complaints in our words."""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from notify.errors import BadRequest, Invalid

NotificationIds = Annotated[
    list[Annotated[str, Meta(max_length=128)]], Meta(min_length=1, max_length=100)
]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # what JSON carries everywhere
MAX_REPLAYED = 100  # notifications of one stream in one answer
ReplayLimit = Annotated[int, Meta(ge=1, le=MAX_REPLAYED)]


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
