"""Which route of a WebSocket API a frame selects."""

import json
import re
from collections.abc import Container
from typing import Any

from local_server.lenient import LenientError, parse_lenient

_WHOLE = re.compile(r"^\$request\.body(?:\.(?P<path>.+))?$")
_PART = re.compile(r"\$\{\s*request\.body(?:\.(?P<path>[^}]+?))?\s*\}")
_NOT_BY_MESSAGE = frozenset({"$connect", "$disconnect"})


class NoRoute(Exception):
    """No route is selected and there is no $default: the client is told Forbidden."""


def select_route(expression: str, body: str, routes: Container[str]) -> str:
    """The key among `routes`: an exact match, else $default. Raises NoRoute."""
    key = evaluate(expression, body)
    if key in routes and key not in _NOT_BY_MESSAGE:
        return key
    if "$default" in routes:
        return "$default"
    raise NoRoute(key)


def evaluate(expression: str, body: str) -> str:
    """`$request.body.a.b`, `${request.body.a}/${request.body.b}`, static text or `\\$default`."""
    if expression.startswith("\\$"):
        return expression[1:]
    try:
        return _evaluate(expression, _parse(body))
    except RecursionError:
        # A value nested so deeply names no route.
        return ""


def _evaluate(expression: str, document: Any) -> str:
    if whole := _WHOLE.match(expression):
        return _at(document, whole["path"])
    return _PART.sub(lambda part: _at(document, part["path"]), expression)


def _parse(body: str) -> Any:
    """API Gateway routed `{"action":"sendMessage", body:"hello"}` by its action (recorded)."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    try:
        return parse_lenient(body)
    except LenientError:
        return None


def _at(document: Any, path: str | None) -> str:
    value = document
    for name in _names(path or ""):
        value = _member(value, name)
        if value is None:
            return ""
    return _text(value)


def _names(path: str) -> list[str]:
    """`a.b[0]['c d']` in four names."""
    return [
        match[1] or match[2] or match[3] for match in re.finditer(_NAME, path) if match.group(0)
    ]


_NAME = re.compile(r"([^.\[\]]+)|\[(\d+)\]|\[['\"]([^'\"]*)['\"]\]")


def _member(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list) and name.isdigit() and int(name) < len(value):
        return value[int(name)]
    return None


def _text(value: Any) -> str:
    """An array reads `[item1, item2]` (developer guide,
    apigateway-websocket-api-selection-expressions).
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)
