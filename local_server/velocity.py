"""How Velocity writes what Java gives it: texts, numbers, lists and objects."""

import json
from collections.abc import Mapping
from typing import Any


def as_json(value: Any) -> str:
    """Nothing at all is an empty text, in quotes."""
    return json.dumps("" if value is None else value, separators=(",", ":"), ensure_ascii=False)


def rendered(value: Any) -> str:
    """An object reads `{a=1, b=[{"c":5}]}`: Java's writing outside of lists, JSON inside."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_inside(item)}" for key, item in value.items()) + "}"
    return as_json(value)


def _inside(item: Any) -> str:
    return "null" if item is None else rendered(item)


_ESCAPES = {"\\": "\\\\", '"': '\\"', "'": "\\'", "/": "\\/", "\n": "\\n", "\r": "\\r",
            "\t": "\\t", "\b": "\\b", "\f": "\\f"}  # fmt: skip


def escaped(text: str) -> str:
    """By JavaScript's string rules; what is not ASCII in its \\u form."""
    return "".join(_ESCAPES.get(char) or _ascii(char) for char in text)


def _ascii(char: str) -> str:
    return char if " " <= char <= "~" else json.dumps(char)[1:-1]
