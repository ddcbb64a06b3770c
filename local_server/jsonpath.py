"""JSONPath as API Gateway's expressions use it: from one document to one value, or to many."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(
    r"""
      (?P<descent>\.\.) (?=[^.])
    | \.? (?P<every>\*)
    | \.? (?P<name>[^.*\[\]()?'"\s]+)
    | \[ \s* (?P<inner>(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\]'"])*?) \s* \]
    """,
    re.X,
)
_INDICES = re.compile(r"-?\d{1,9}(?:\s*,\s*-?\d{1,9})*")
_SLICE = re.compile(r"(-?\d{1,9})?\s*:\s*(-?\d{1,9})?")
_ESCAPE = re.compile(r"\\(.)")

Step = Callable[[Any], list[Any]]


class BadPath(ValueError):
    """No JSONPath, or a filter or function of it, which are not evaluated here."""


class NoValue(Exception):
    """The document has nothing at the path."""


@dataclass(frozen=True)
class JsonPath:
    """A definite path leads to one value at most; any other to the list of all it meets."""

    text: str
    steps: tuple[Step, ...]
    definite: bool

    def value(self, document: Any) -> Any:
        """Raises NoValue."""
        found = [document]
        for step in self.steps:
            found = [value for node in found for value in step(node)]
        if not self.definite:
            return found
        if not found:
            raise NoValue(self.text)
        return found[0]


def parse_path(text: str) -> JsonPath:
    """`$.a.b`, `a.b`, `$['a b'][0]`, `$..x`, `$.a[*]`, `$.a[0:2]`. Raises BadPath."""
    rest = text.strip()
    rest = rest.removeprefix("$") if rest.startswith("$") else f".{rest}"
    steps: list[Step] = []
    definite, position = True, 0
    while position < len(rest):
        match = _STEP.match(rest, position)
        if match is None or not _joins(rest, position, steps):
            raise BadPath(f"{text} is no JSONPath that is evaluated here")
        step, leads_to_one = _step(match, text)
        steps.append(step)
        definite = definite and leads_to_one
        position = match.end()
    if steps and steps[-1] is _descendants:
        raise BadPath(f"{text} ends in ..")
    return JsonPath(text, tuple(steps), definite)


def _joins(rest: str, position: int, steps: list[Step]) -> bool:
    """A bare name or star stands only after `..`."""
    return rest[position] in ".[" or (bool(steps) and steps[-1] is _descendants)


def _step(match: re.Match[str], text: str) -> tuple[Step, bool]:
    if match["descent"]:
        return _descendants, False
    if match["every"]:
        return _every, False
    if match["name"]:
        return _Member(match["name"]), True
    return _bracket(match["inner"], text)


def _bracket(inner: str, text: str) -> tuple[Step, bool]:
    if inner == "*":
        return _every, False
    if len(inner) >= 2 and inner[0] in "'\"" and inner[-1] == inner[0]:
        return _Member(_unquoted(inner, text)), True
    if _INDICES.fullmatch(inner):
        indices = tuple(int(index) for index in inner.split(","))
        return _Elements(indices), len(indices) == 1
    if (match := _SLICE.fullmatch(inner)) and inner != ":":
        return _Slice(*(int(end) if end else None for end in match.groups())), False
    raise BadPath(f"[{inner}] of {text} is not evaluated here")


def _unquoted(inner: str, text: str) -> str:
    body, quote = inner[1:-1], inner[0]
    if quote in _ESCAPE.sub("", body):
        raise BadPath(f"[{inner}] of {text} is not evaluated here")
    return _ESCAPE.sub(r"\1", body)


@dataclass(frozen=True)
class _Member:
    name: str

    def __call__(self, node: Any) -> list[Any]:
        return [node[self.name]] if isinstance(node, dict) and self.name in node else []


@dataclass(frozen=True)
class _Elements:
    indices: tuple[int, ...]

    def __call__(self, node: Any) -> list[Any]:
        if not isinstance(node, list):
            return []
        return [node[index] for index in self.indices if -len(node) <= index < len(node)]


@dataclass(frozen=True)
class _Slice:
    start: int | None
    end: int | None

    def __call__(self, node: Any) -> list[Any]:
        return node[self.start : self.end] if isinstance(node, list) else []


def _every(node: Any) -> list[Any]:
    return list(_children(node))


def _descendants(node: Any) -> list[Any]:
    """The node itself and all below it, in the order of the text."""
    found, waiting = [], [node]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(reversed(list(_children(node))))
    return found


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node
