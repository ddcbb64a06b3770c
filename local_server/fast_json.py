"""JSON by msgspec, and by the standard library where that takes more."""

import json
from typing import Any

import msgspec


def encode(value: Any) -> bytes:
    """Of an event: there are no numbers in it that JSON has not."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        # Half of a surrogate pair, which somebody's JSON may well hold.
        return json.dumps(value).encode()


def decode(text: str) -> Any:
    """As json.loads, NaN and halves of surrogate pairs included. Raises ValueError."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return json.loads(text)
