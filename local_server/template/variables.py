"""Serverless variables: `${self:custom.x}`, `${opt:stage, 'dev'}`, `${file(a.yml):key}` and kin."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_server.errors import Place, TemplateError
from local_server.template.document import Block, read_document
from local_server.template.expressions import innermost, is_choice, is_literal, literal, split

ACCOUNT = "000000000000"

# `${AWS::Region}` and `${LogicalId}` have no source before a single colon: they are Fn::Sub's.
_SOURCE = re.compile(r"^(?P<name>[A-Za-z]+)(?:\((?P<argument>[^)]*)\))?(?::(?!:)(?P<address>.*))?$")


class Missing(Exception):
    """A source has no such address: the next one of the list is asked."""


@dataclass
class Variables:
    """Resolves the variables of one service. Raises TemplateError naming the place."""

    document: Block
    directory: Path
    options: Mapping[str, str]
    stage: str
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _pending: list[str] = field(default_factory=list)
    _files: dict[Path, Any] = field(default_factory=dict)
    _held: list[Any] = field(default_factory=list)

    @property
    def files(self) -> frozenset[Path]:
        """Those that were read so far, beside the document's own."""
        return frozenset(self._files)

    def resolve(self, value: Any, place: Place) -> Any:
        if isinstance(value, str):
            return self._resolve_text(value, place)
        if isinstance(value, Block):
            resolved = {
                key: self.resolve(item, value.place(key, _join(place.path, key)))
                for key, item in value.items()
            }
            return value.like(resolved)
        if isinstance(value, list):
            return [self.resolve(item, _indexed(place, i)) for i, item in enumerate(value)]
        return value

    def _resolve_text(self, text: str, place: Place) -> Any:
        while match := innermost(text):
            start, end = match
            value = self._value_of(text[start + 2 : end - 1], place)
            if (start, end) == (0, len(text)):
                return value
            text = text[:start] + self._inline(value, text, match, place) + text[end:]
        return text

    def _inline(self, value: Any, text: str, span: tuple[int, int], place: Place) -> str:
        """A variable that is a whole choice of an outer one keeps its type, by a token."""
        start, end = span
        if is_choice(text, start, end):
            self._held.append(value)
            return f"\0{len(self._held) - 1}\0"
        return _as_text(value, text[start:end], place)

    def _value_of(self, expression: str, place: Place) -> Any:
        choices = split(expression)
        for choice in choices:
            try:
                return self._read(choice, place)
            except Missing:
                continue
        raise TemplateError(place, f"cannot resolve ${{{expression}}}{_hint(choices[0])}")

    def _read(self, choice: str, place: Place) -> Any:
        if choice.startswith("\0"):
            return self._held[int(choice.strip("\0"))]
        if is_literal(choice):
            return literal(choice)
        match = _SOURCE.match(choice)
        if match is None:
            raise TemplateError(place, f"cannot read the variable source {choice!r}")
        if choice in self._pending:
            chain = " -> ".join([*self._pending, choice])
            raise TemplateError(place, f"variables refer to each other: {chain}")
        self._pending.append(choice)
        try:
            return self._from_source(match, place)
        finally:
            self._pending.pop()

    def _from_source(self, match: re.Match[str], place: Place) -> Any:
        name, argument, address = match["name"], match["argument"], match["address"] or ""
        sources: dict[str, Callable[[], Any]] = {
            "self": lambda: self._walk(self.document, address, place),
            "opt": lambda: _lookup(self.options, address),
            "env": lambda: _lookup(self.environ, address),
            "param": lambda: self._param(address, place),
            "sls": lambda: _lookup({"stage": self.stage, "instanceId": "local"}, address),
            "aws": lambda: _lookup(
                {"accountId": ACCOUNT, "region": self.options.get("region", "")}, address
            ),
            "file": lambda: self._walk(self._file(argument or "", place), address, place),
            "strToBool": lambda: _as_bool(argument or "", place),
        }
        if name in ("ssm", "cf", "s3", "git", "terraform", "vault", "doppler"):
            raise Missing
        if name not in sources:
            raise TemplateError(place, f"unknown variable source {name!r}")
        return sources[name]()

    def _param(self, name: str, place: Place) -> Any:
        """`params.<stage>` wins over `params.default`."""
        for stage in (self.stage, "default"):
            for root in (f"params.{stage}", f"stages.{stage}.params"):
                try:
                    return self._walk(self.document, f"{root}.{name}", place)
                except Missing:
                    continue
        raise Missing

    def _walk(self, root: Any, address: str, place: Place) -> Any:
        value = root
        for key in address.split(".") if address else []:
            value = _step(
                self._resolve_text(value, place) if isinstance(value, str) else value, key
            )
        return self.resolve(value, place)

    def _file(self, name: str, place: Place) -> Any:
        file = (self.directory / name.strip()).resolve()
        if file.suffix not in (".yml", ".yaml", ".json"):
            raise TemplateError(place, f"only YAML and JSON files can be read, not {name}")
        if not file.is_file():
            raise Missing
        if file not in self._files:
            self._files[file] = read_document(file)
        return self._files[file]


def _lookup(mapping: Mapping[str, str], key: str) -> str:
    if key not in mapping:
        raise Missing
    return mapping[key]


def _step(value: Any, key: str) -> Any:
    if isinstance(value, dict) and key in value:
        return value[key]
    if isinstance(value, list) and key.isdigit() and int(key) < len(value):
        return value[int(key)]
    raise Missing


def _as_text(value: Any, variable: str, place: Place) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, dict | list):
        raise TemplateError(place, f"{variable} is not text, so it cannot stand inside text")
    return str(value)


def _as_bool(text: str, place: Place) -> bool:
    word = text.strip().strip("'\"").lower()
    if word not in ("true", "false", "1", "0"):
        raise TemplateError(place, f"strToBool({text}) is neither true nor false")
    return word in ("true", "1")


def _hint(choice: str) -> str:
    if choice.startswith(("ssm:", "cf:", "cf(", "ssm(", "s3:", "git:", "vault:")):
        return ": there is no cloud to ask here; give it a default or a param of this stage"
    return ""


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _indexed(place: Place, index: int) -> Place:
    return Place(place.file, place.line, f"{place.path}[{index}]")
