"""Mapping templates: the part of Velocity that reads and writes, without its statements."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from local_server.jsonpath import BadPath, NoValue, parse_path
from local_server.lenient import LenientError, read_json
from local_server.velocity import as_json, escaped, rendered

_DIRECTIVE = re.compile(
    r"#\{?(?:set|if|elseif|else|end|foreach|break|stop|include|parse|macro|define|evaluate|return)\b"
    r"|#[#*]|#\[\["
)
_ROOT = re.compile(r"\$!?(?P<brace>\{)?(?P<root>[A-Za-z_]\w*)")
_NAME = re.compile(r"\.(?P<name>[A-Za-z_][\w-]*)(?P<call>\s*\()?")
_KEY = re.compile(r"""\[\s*(?:'([^']*)'|"([^"]*)")\s*\]""")
_TEXT = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)")\s*\)""")
# As the mapping template reference tells everybody to, because \' is no JSON.
_PLAIN_QUOTES = re.compile(r"""\.replaceAll\(\s*"\\\\'"\s*,\s*"'"\s*\)""")


class BadTemplate(ValueError):
    """Not Velocity, or a part of it that is not emulated; its text names the line."""


@dataclass(frozen=True)
class Scope:
    """What a template can read: the payload, and the variables of the call."""

    body: str
    context: Mapping[str, Any] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> Any:
        try:
            return read_json(self.body)
        except LenientError:
            return None


Reference = Callable[[Scope], Any]


@dataclass(frozen=True)
class MappingTemplate:
    parts: tuple[str | Reference, ...]

    def render(self, scope: Scope) -> str:
        """What a reference does not find is left out."""
        return "".join(
            part if isinstance(part, str) else rendered(part(scope)) for part in self.parts
        )


def parse_template(text: str) -> MappingTemplate:
    """`$context.x`, `$input.body`, `.json('$.a')`, `.path('$.a')`, `$stageVariables.x`.

    Besides them `$util.escapeJavaScript(…)`, each with or without braces. Raises BadTemplate.
    """
    if directive := _DIRECTIVE.search(text):
        _refuse(text, directive.start(), f"{directive[0]} is not emulated")
    parts: list[str | Reference] = []
    position = 0
    while match := _ROOT.search(text, position):
        parts.append(text[position : match.start()])
        reference, position = _reference(text, match)
        parts.append(reference)
    return MappingTemplate((*parts, text[position:]))


def _reference(text: str, match: re.Match[str]) -> tuple[Reference, int]:
    readers = {"context": _context, "input": _input, "stageVariables": _stage, "util": _escape}
    if match["root"] not in readers or text[: match.start()].endswith("\\"):
        known = ", ".join(f"${root}" for root in readers)
        _refuse(text, match.start(), f"{match[0]} is not emulated (only {known})")
    reference, end = readers[match["root"]](text, match.end())
    if not match["brace"]:
        return reference, end
    if text[end : end + 1] != "}":
        _refuse(text, match.start(), f"the brace of {match[0]} does not close here")
    return reference, end + 1


def _context(text: str, position: int) -> tuple[Reference, int]:
    names, end = _names(text, position)
    if not names:
        _refuse(text, position, "$context is read by name, as in $context.connectionId")
    return lambda scope: _member(scope.context, names), end


def _stage(text: str, position: int) -> tuple[Reference, int]:
    if match := _KEY.match(text, position):
        name, end = match[1] or match[2] or "", match.end()
    else:
        names, end = _names(text, position)
        name = ".".join(names)
    if not name:
        _refuse(text, position, "$stageVariables is read by name, as in $stageVariables.x")
    return lambda scope: scope.stage_variables.get(name), end


def _input(text: str, position: int) -> tuple[Reference, int]:
    match = _NAME.match(text, position)
    kind = match["name"] if match else ""
    if match and kind == "body" and not match["call"]:
        return lambda scope: scope.body, match.end()
    if not match or kind not in ("json", "path") or not match["call"]:
        _refuse(text, position, "of $input only .body, .json('…') and .path('…') are emulated")
    path, end = _path(text, match.end())
    if kind == "json":
        return lambda scope: as_json(path(scope)), end
    names, end = _names(text, end)
    return lambda scope: _member(path(scope), names), end


def _path(text: str, position: int) -> tuple[Reference, int]:
    argument, end = _text(text, position)
    try:
        path = parse_path(argument)
    except BadPath as error:
        _refuse(text, position, str(error))

    def value(scope: Scope) -> Any:
        try:
            return path.value(scope.document)
        except NoValue:
            return None

    return value, end


def _escape(text: str, position: int) -> tuple[Reference, int]:
    match = _NAME.match(text, position)
    if not match or match["name"] != "escapeJavaScript" or not match["call"]:
        _refuse(text, position, "of $util only .escapeJavaScript(…) is emulated")
    argument, end = _argument(text, match.end())
    if plain := _PLAIN_QUOTES.match(text, end):
        return lambda scope: escaped(rendered(argument(scope))).replace("\\'", "'"), plain.end()
    return lambda scope: escaped(rendered(argument(scope))), end


def _argument(text: str, position: int) -> tuple[Reference, int]:
    """A text, or a reference of its own, and the parenthesis after it."""
    start = position + len(text[position:]) - len(text[position:].lstrip())
    if match := _ROOT.match(text, start):
        reference, end = _reference(text, match)
        if text[end:].lstrip()[:1] != ")":
            _refuse(text, start, "one text or one reference is expected in the parentheses")
        return reference, text.index(")", end) + 1
    literal, end = _text(text, position)
    return lambda _: literal, end


def _text(text: str, position: int) -> tuple[str, int]:
    match = _TEXT.match(text, position)
    if match is None:
        _refuse(text, position, "one text in quotes is expected in the parentheses")
    return match[1] or match[2] or "", match.end()


def _names(text: str, position: int) -> tuple[tuple[str, ...], int]:
    names: list[str] = []
    while match := _NAME.match(text, position):
        if match["call"]:
            _refuse(text, position, f"the call of {match['name']} is not emulated")
        names.append(match["name"])
        position = match.end()
    return tuple(names), position


def _refuse(text: str, position: int, reason: str) -> NoReturn:
    line = text.count("\n", 0, position) + 1
    raise BadTemplate(f"line {line} of the template: {reason}")


def _member(value: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
