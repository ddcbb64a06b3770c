"""Selection expressions: which route, template or model a message selects."""

import json
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from local_server.jsonpath import BadPath, JsonPath, NoValue, parse_path
from local_server.lenient import LenientError, read_json

_PIECE = re.compile(
    r"""
      (?P<escaped>\\\$)
    | \$\{ \s* \$? (?P<wrapped>[^}]*?) \s* \}
    | \$ (?P<bare>[\w-] (?:[\w.*-]|\[[^\]]*\])*)
    | (?P<text>[^\\$]+|\\)
    """,
    re.X,
)
_BODY = re.compile(r"request\.body(?P<path>(?:[.\[].*)?)", re.S)
_NOT_BY_MESSAGE = frozenset({"$connect", "$disconnect"})
# What an integration response may be asked for besides; a MOCK has no headers (developer guide,
# websocket-api-data-transformations).
_OF_RESPONSE = re.compile(
    r"integration\.response\.(?:statuscode|(?:multivalue)?header\.[\w-]+)", re.ASCII
)


class NoRoute(Exception):
    """No route is selected and there is no $default: the client is told Forbidden."""


class BadExpression(ValueError):
    """API Gateway, or this emulator, cannot evaluate it."""


@dataclass(frozen=True)
class _Variable:
    name: str


@dataclass(frozen=True)
class SelectionExpression:
    parts: tuple[str | JsonPath | _Variable, ...]

    def evaluate(self, body: str, variables: Mapping[str, str] | None = None) -> str:
        """What is not found is empty; so is the whole where the body is no JSON to look into."""
        try:
            document = read_json(body) if self._looks_into_the_body else None
            return "".join(_evaluated(part, document, variables or {}) for part in self.parts)
        except (LenientError, RecursionError):
            # A value nested so deeply selects nothing.
            return ""

    @property
    def _looks_into_the_body(self) -> bool:
        return any(isinstance(part, JsonPath) for part in self.parts)


def select_route(expression: str, body: str, routes: Container[str]) -> str:
    """The key among `routes`: an exact match, else $default. Raises NoRoute."""
    key = parse_expression(expression).evaluate(body)
    if key in routes and key not in _NOT_BY_MESSAGE:
        return key
    if "$default" in routes:
        return "$default"
    raise NoRoute(key)


@lru_cache(maxsize=1024)
def parse_expression(text: str, *, of_response: bool = False) -> SelectionExpression:
    """`$request.body.a.b`, `${request.body.a}/${request.body.b}`, static text, `\\$default`.

    Raises BadExpression.
    """
    parts: list[str | JsonPath | _Variable] = []
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None:
            raise BadExpression("a $ that begins no variable; the sign itself is written \\$")
        parts.append(_part(match, of_response))
        position = match.end()
    if not parts:
        raise BadExpression("an expression is expected")
    return SelectionExpression(tuple(parts))


def _part(match: re.Match[str], of_response: bool) -> str | JsonPath | _Variable:
    if match["escaped"]:
        return "$"
    if match["text"]:
        return match["text"]
    name = match["wrapped"] or match["bare"] or ""
    if body := _BODY.fullmatch(name):
        return _path(body["path"])
    if of_response and _OF_RESPONSE.fullmatch(name):
        return _Variable(name)
    raise BadExpression(f"{name or '${}'} is not known of a message, only $request.body is")


def _path(text: str) -> JsonPath:
    try:
        return parse_path(f"${text}")
    except BadPath as error:
        raise BadExpression(str(error)) from error


def _evaluated(
    part: str | JsonPath | _Variable, document: Any, variables: Mapping[str, str]
) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, _Variable):
        return variables.get(part.name, "")
    try:
        value = part.value(document)
    except NoValue:
        return ""
    return "" if value is None else _text(value)


def _text(value: Any) -> str:
    """An array reads `[item1, item2]`, as Java writes it, and so an object `{key=value}`.

    Developer guide, websocket-api-develop-routes.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_text(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)
