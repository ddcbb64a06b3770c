"""Reading JSON objects tolerantly: a field that is missing or ill-typed counts as not there."""

from collections.abc import Mapping

Body = Mapping[str, object]


def text(body: Body, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def number(body: Body, name: str) -> int | None:
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def texts(body: Body, name: str) -> tuple[str, ...]:
    return tuple(value for value in _values(body, name) if isinstance(value, str))


def mapping(body: Body, name: str) -> Body:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def mappings(body: Body, name: str) -> tuple[Body, ...]:
    return tuple(value for value in _values(body, name) if isinstance(value, dict))


def _values(body: Body, name: str) -> list[object]:
    value = body.get(name)
    return value if isinstance(value, list) else []
