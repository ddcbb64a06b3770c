"""`custom.localServer`: what serverless.yml says for the emulator alone."""

import shlex
from dataclasses import dataclass, field, fields
from typing import Any, get_args

from local_server.assumptions import Assumptions
from local_server.template.fields import Fields
from local_server.throttling import Limits


@dataclass(frozen=True)
class LocalSettings:
    """`websocket_paths` are beside `/{stage}`; `on_start` is one command."""

    websocket_paths: tuple[str, ...] = ()
    on_start: str | None = None
    limits: Limits = field(default_factory=Limits)
    assumptions: Assumptions = field(default_factory=Assumptions)


def read_local_settings(root: Fields) -> LocalSettings:
    """Raises TemplateError."""
    own = root.block("custom").block("localServer")
    own.only(("assume", "limits", "onStart", "websocketPaths"))
    return LocalSettings(_paths(own), _command(own), _limits(own), _assumptions(own))


def _paths(own: Fields) -> tuple[str, ...]:
    paths = own.texts("websocketPaths")
    for path in paths:
        if not path.startswith("/"):
            own.refuse("websocketPaths", f"a path starts with /: {path}")
    return tuple("/" + path.strip("/") for path in paths)


def _command(own: Fields) -> str | None:
    if "onStart" not in own:
        return None
    command = own.text("onStart")
    try:
        shlex.split(command)
    except ValueError as error:
        own.refuse("onStart", str(error))
    return command


def _limits(own: Fields) -> Limits:
    given = own.block("limits")
    names = {_camel(name): name for name in Limits.__dataclass_fields__}
    given.only(names)
    return Limits(**{names[key]: _rate(given, key) for key in given.keys()})  # noqa: SIM118


def _rate(given: Fields, key: str) -> Any:
    """A positive number; null lifts the limit."""
    if key not in given and key != "burst":
        return None
    number = given.number(key, 0)
    if key == "burst":
        number = int(number)
    if number <= 0:
        given.refuse(key, "a positive number is expected, or null for no limit")
    return number


def _assumptions(own: Fields) -> Assumptions:
    given = own.block("assume")
    names = {_camel(known.name): known for known in fields(Assumptions)}
    given.only(names)
    return Assumptions(
        **{
            names[key].name: _assumed(given, key, names[key].type, names[key].default)
            for key in given.keys()  # noqa: SIM118 - Fields is no mapping
        }
    )


def _assumed(given: Fields, key: str, kind: Any, default: Any) -> Any:
    if isinstance(default, bool):
        return given.flag(key, default)
    if isinstance(default, int):
        return _status(given, key)
    text = given.text(key, default)
    if (choices := get_args(kind)) and text not in choices:
        given.refuse(key, f"one of {', '.join(choices)} is expected, not {text}")
    return text


def _status(given: Fields, key: str) -> int:
    number = given.number(key, 0)
    if not 200 <= number <= 599 or number != int(number):
        given.refuse(key, "an HTTP status is expected")
    return int(number)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
