"""JSON as forgivingly as the route selection of API Gateway reads it: words need no quotes."""

import re
from typing import Any

_DEPTH = 100
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<punctuation>[{}\[\]:,])
      | "(?P<double>(?:[^"\\]|\\.)*)"
      | '(?P<single>(?:[^'\\]|\\.)*)'
      | (?P<word>[^\s{}\[\]:,"'][^{}\[\]:,\n]*)
    )""",
    re.X | re.S,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.S)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}


class LenientError(ValueError):
    """Not even forgivingly an object or an array."""


def parse_lenient(text: str) -> Any:
    """An object or array with quoted, single-quoted or bare words. Raises LenientError."""
    reader = _Reader(text)
    if reader.peek() not in ("{", "["):
        raise LenientError("neither an object nor an array")
    return reader.value(0)


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._position = 0

    def peek(self) -> str:
        if self._position >= len(self._tokens):
            raise LenientError("unfinished")
        kind, value = self._tokens[self._position]
        return value if kind == "punctuation" else ""

    def value(self, depth: int) -> Any:
        if depth > _DEPTH:
            raise LenientError("nested too deeply")
        mark = self.peek()
        if mark == "{":
            return self._object(depth)
        if mark == "[":
            return self._array(depth)
        return self._scalar()

    def _object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        self._position += 1
        while self.peek() != "}":
            key = str(self._scalar())
            if self.peek() != ":":
                raise LenientError("a colon is missing")
            self._position += 1
            members[key] = self.value(depth + 1)
            self._comma("}")
        self._position += 1
        return members

    def _array(self, depth: int) -> list[Any]:
        items: list[Any] = []
        self._position += 1
        while self.peek() != "]":
            items.append(self.value(depth + 1))
            self._comma("]")
        self._position += 1
        return items

    def _comma(self, end: str) -> None:
        if self.peek() == ",":
            self._position += 1
        elif self.peek() != end:
            raise LenientError("a comma is missing")

    def _scalar(self) -> Any:
        if self.peek():
            raise LenientError("a value is missing")
        kind, value = self._tokens[self._position]
        self._position += 1
        if kind != "word":
            return _ESCAPE.sub(_unescape, value)
        word = value.strip()
        return _CONSTANTS.get(word, word)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise LenientError("an unfinished text")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    if len(escape) == 5:
        return chr(int(escape[1:], 16))
    return _ESCAPED.get(escape, escape)
