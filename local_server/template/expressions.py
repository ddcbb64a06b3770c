"""The text of Serverless variables: where one starts, what its choices are. No resolving."""

import json
import re
from typing import Any

_START = re.compile(r"\$\{(?=[A-Za-z]+(?:\([^)]*\)|:(?!:)))")
_LITERAL = re.compile(
    r"^(?:'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?|true|false|null|\[.*\]|\{.*\})$", re.S
)


def innermost(text: str) -> tuple[int, int] | None:
    """Start and end of the last `${` that opens a variable: nothing inside it is one."""
    starts = [match.start() for match in _START.finditer(text)]
    if not starts:
        return None
    end = _closing(text, starts[-1] + 2)
    return (starts[-1], end) if end else None


def _closing(text: str, position: int) -> int | None:
    depth = 1
    for index in range(position, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1
    return None


def is_choice(text: str, start: int, end: int) -> bool:
    outer = [match.start() for match in _START.finditer(text, 0, start)]
    inside = any((_closing(text, at + 2) or 0) > end for at in outer)
    return inside and text[:start].rstrip().endswith(",")


def split(expression: str) -> list[str]:
    """The comma-separated sources; commas in quotes, brackets and parentheses do not count."""
    parts, quote, depth = [""], "", 0
    for char in expression:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        depth += (
            {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(char, 0) if not quote else 0
        )
        if char == "," and not quote and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def literal(text: str) -> Any:
    if text[0] in "'\"":
        return text[1:-1]
    return json.loads(text)


def is_literal(text: str) -> bool:
    return _LITERAL.match(text) is not None
