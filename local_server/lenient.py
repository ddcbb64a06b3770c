"""JSON as forgivingly as the route selection of API Gateway reads it: words need no quotes."""

import json
import re
from typing import Any

from local_server.fast_json import decode

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
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,999})(?:\.\d+)?(?:[eE][+-]?\d+)?")


class LenientError(ValueError):
    """Not even forgivingly JSON."""


def read_json(text: str) -> Any:
    """JSON, or else what can be made of the text. Raises LenientError.

    API Gateway routed `{"action":"sendMessage", body:"hello"}` by its action (recorded).
    """
    try:
        return decode(text)
    except (ValueError, RecursionError):
        return parse_lenient(text)


def parse_lenient(text: str) -> Any:
    """An object or array with quoted, single-quoted or bare words; what follows it is ignored.

    Raises LenientError.
    """
    if text.lstrip()[:1] not in ("{", "["):
        raise LenientError("neither an object nor an array")
    return _Reader(text).value(0)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._token = self._match(0)

    def _match(self, position: int) -> re.Match[str]:
        match = _TOKEN.match(self._text, position)
        if match is None:
            raise LenientError("unfinished")
        return match

    def _advance(self) -> None:
        self._token = self._match(self._token.end())

    @property
    def _mark(self) -> str:
        return self._token["punctuation"] or ""

    def value(self, depth: int) -> Any:
        """Stops at its last token, so that nothing has to follow the outermost one."""
        if depth > _DEPTH:
            raise LenientError("nested too deeply")
        if self._mark == "{":
            return self._object(depth)
        if self._mark == "[":
            return self._array(depth)
        return self._scalar()

    def _object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        self._advance()
        self._skip_commas()
        while self._mark != "}":
            key = self._text_of_scalar()
            self._advance()
            if self._mark != ":":
                raise LenientError("a colon is missing")
            self._advance()
            members[key] = self.value(depth + 1)
            self._advance()
            self._separate("}")
        return members

    def _array(self, depth: int) -> list[Any]:
        items: list[Any] = []
        self._advance()
        self._skip_commas()
        while self._mark != "]":
            items.append(self.value(depth + 1))
            self._advance()
            self._separate("]")
        return items

    def _separate(self, end: str) -> None:
        if self._mark not in (",", end):
            raise LenientError("a comma is missing")
        self._skip_commas()

    def _skip_commas(self) -> None:
        while self._mark == ",":
            self._advance()

    def _scalar(self) -> Any:
        text = self._text_of_scalar()
        if self._token.lastgroup != "word":
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        return json.loads(text) if _NUMBER.fullmatch(text) else text

    def _text_of_scalar(self) -> str:
        if self._mark:
            raise LenientError("a value is missing")
        text = self._token[self._token.lastgroup or 0]
        if self._token.lastgroup == "word":
            return text.strip()
        return _ESCAPE.sub(_unescape, text)


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    if len(escape) == 5:
        return chr(int(escape[1:], 16))
    return _ESCAPED.get(escape, escape)
