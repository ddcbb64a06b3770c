"""YAML as the Serverless Framework reads it: 1.2 scalars, CloudFormation tags, and line numbers."""

import re
from collections.abc import Mapping as AbstractMapping
from pathlib import Path
from typing import Any

import yaml

from local_server.errors import Place, TemplateError

_SCALARS = {
    "bool": (re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    "int": (re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"), "-+0123456789"),
    "float": (
        re.compile(r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$"),
        "-+0123456789.",
    ),
    "null": (re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    "merge": (re.compile(r"^<<$"), "<"),
}


class Block(dict[str, Any]):
    """A mapping that knows its file and the line of each of its keys."""

    file: Path
    lines: dict[str, int]

    def __init__(self, items: AbstractMapping[str, Any], file: Path, lines: dict[str, int]) -> None:
        super().__init__(items)
        self.file = file
        self.lines = lines

    def like(self, items: AbstractMapping[str, Any]) -> "Block":
        return Block(items, self.file, self.lines)

    def place(self, key: str, path: str) -> Place:
        return Place(self.file, self.lines.get(key), path)


class _Loader(yaml.SafeLoader):
    """js-yaml reads 1.2, PyYAML 1.1: there `on` is true, `1:30` is 90 and a date is an object."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as declared by PyYAML
    file: Path


def read_document(file: Path) -> Any:
    """The document of a YAML (or JSON) file. Raises TemplateError naming the file and line."""
    loader = _Loader(_read(file))
    loader.file = file
    try:
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise TemplateError(Place(file, line), error.problem or "bad YAML") from error
    except yaml.YAMLError as error:
        raise TemplateError(Place(file), f"bad YAML: {error}") from error
    finally:
        loader.dispose()


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise TemplateError(None, f"no such file: {file}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(None, f"cannot read {file}: {error}") from error


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> Block:
    _refuse_twice(node)
    loader.flatten_mapping(node)
    items: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        items[key] = loader.construct_object(value_node, deep=True)
        lines[key] = key_node.start_mark.line + 1
    return Block(items, loader.file, lines)


def _refuse_twice(node: yaml.MappingNode) -> None:
    """js-yaml refuses what PyYAML would overwrite; keys of a `<<` may be overwritten."""
    seen: set[str] = set()
    for key_node, _ in node.value:
        if key_node.value in seen:
            raise yaml.MarkedYAMLError(
                problem=f"the key {key_node.value} stands twice", problem_mark=key_node.start_mark
            )
        seen.add(key_node.value)


def _construct_tag(loader: _Loader, suffix: str, node: yaml.Node) -> Block:
    """`!GetAtt A.Arn` is short for `{"Fn::GetAtt": ["A", "Arn"]}`, and so on."""
    value = _construct_plain(loader, node)
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if name == "Fn::GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return Block({name: value}, loader.file, {name: node.start_mark.line + 1})


def _construct_plain(loader: _Loader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _construct_mapping(loader, node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)  # type: ignore[arg-type]


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node)
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


for _name, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", _pattern, list(_first))
_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_multi_constructor("!", _construct_tag)
