"""What only comes up once names are known: properties, environments, sources; without a store."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from local_server.clock import Clock
from local_server.environment import Environment, api_names
from local_server.errors import TemplateError
from local_server.provisioning import expected_names, unknown_properties
from local_server.shared import Shared
from local_server.sources.mappings import make_sources
from local_server.store import FAKE_CREDENTIALS
from local_server.stores.endpoints import Endpoints, Follows
from local_server.tasks import Tasks
from local_server.template import Function, FunctionName, Names, Template
from local_server.template.document import Block
from local_server.template.pruning import STAND_IN

# Sources keep what they are given; none of it is called before they run.
_NOBODY: Any = SimpleNamespace(sqs=None, streams=None, dynamodb=None)
_NOWHERE = "http://127.0.0.1:9"


@dataclass
class Resolution:
    """`environments` are those of functions whose variables can all be resolved."""

    errors: list[TemplateError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    environments: dict[FunctionName, Mapping[str, str]] = field(default_factory=dict)

    def add(self, errors: Iterable[TemplateError]) -> bool:
        """Whether there were any. One that several functions share is noted once."""
        found = [error for error in errors if STAND_IN not in error.reason]
        known = {_cause(error) for error in self.errors}
        self.errors += [error for error in found if _cause(error) not in known]
        return bool(found)


def resolve(template: Template) -> Resolution:
    resolution = Resolution()
    try:
        names = expected_names(template, api_names(template))
    except TemplateError as error:
        resolution.add([error])
        return resolution
    resolution.add(_resources(template, names))
    _resolve_environments(template, names, resolution)
    with _noted(resolution.warnings):
        resolution.add(_sources(template, names))
    return resolution


def _resources(template: Template, names: Names) -> Iterator[TemplateError]:
    for resource in template.resources.values():
        try:
            properties = names.resolve(resource.properties, resource.place)
        except TemplateError as error:
            yield error
        else:
            yield from unknown_properties(properties, resource)


def _resolve_environments(template: Template, names: Names, resolution: Resolution) -> None:
    environment = Environment(
        template, names, _NOWHERE, Endpoints.all_at(_NOWHERE), FAKE_CREDENTIALS, os.urandom
    )
    for function in template.functions.values():
        if function.handler == STAND_IN:
            continue
        if not resolution.add(_variables(environment, function)):
            resolution.environments[function.name] = environment.of_function(function)


def _variables(environment: Environment, function: Function) -> Iterator[TemplateError]:
    """One at a time: of several the first alone would be named."""
    for key in function.environment:
        try:
            environment.of_function(replace(function, environment=_only(function, key)))
        except TemplateError as error:
            yield error


def _only(function: Function, key: str) -> Mapping[str, Any]:
    variables = function.environment
    one = {key: variables[key]}
    return variables.like(one) if isinstance(variables, Block) else one


def _sources(template: Template, names: Names) -> Iterator[TemplateError]:
    shared = Shared(Clock(), os.urandom, Tasks())
    for source in template.sources:
        try:
            make_sources(
                replace(template, sources=(source,)), names, _NOBODY, _NOBODY, shared, Follows()
            )
        except TemplateError as error:
            yield error


def _cause(error: TemplateError) -> tuple[str, int | None, str]:
    """A provider's variable is at one line, and in the path of every function."""
    place = error.place
    return (str(place.file), place.line, error.reason) if place else ("", None, error.reason)


class _Noted(logging.Handler):
    def __init__(self, texts: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        self._texts.append(record.getMessage())


@contextmanager
def _noted(texts: list[str]) -> Iterator[None]:
    """At a start these are lines of the log."""
    handler = _Noted(texts)
    ours = logging.getLogger("local_server")
    ours.addHandler(handler)
    try:
        yield
    finally:
        ours.removeHandler(handler)
