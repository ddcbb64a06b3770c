"""Request models: JSON schemas that the messages of a route have to fit."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import SchemaError

from local_server.lenient import LenientError, read_json
from local_server.selection import SelectionExpression

DEFAULT = "$default"


class BadModel(ValueError):
    """No JSON schema of draft 4, or one that refers to another document."""


def parse_model(schema: Any) -> Draft4Validator:
    """Raises BadModel."""
    try:
        schema = json.loads(schema) if isinstance(schema, str) else schema
        Draft4Validator.check_schema(schema)
    except (SchemaError, ValueError) as error:
        raise BadModel(f"no JSON schema of draft 4: {_first_line(error)}") from error
    for reference in _references(schema):
        _check(reference, schema)
    return Draft4Validator(schema)


@dataclass(frozen=True)
class RequestModels:
    """Developer guide, websocket-api-request-validation."""

    selection: SelectionExpression
    by_key: Mapping[str, Draft4Validator]

    def accept(self, body: str) -> bool:
        """Not where no model is selected and there is no $default, nor where there is no JSON."""
        key = self.selection.evaluate(body)
        model = self.by_key.get(key) or self.by_key.get(DEFAULT)
        if model is None:
            return False
        try:
            return bool(model.is_valid(read_json(body)))
        except (LenientError, RecursionError):
            return False


def _references(schema: Any) -> Iterator[Any]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _check(reference: str, schema: Any) -> None:
    """API Gateway can look models up by URL; here only a definition inside the schema is found."""
    found = schema
    pointer = reference.partition("#")[2]
    for name in pointer.split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    if not reference.startswith("#") or not isinstance(found, dict):
        raise BadModel(f"$ref {reference} leads to no definition inside the schema")


def _first_line(error: Exception) -> str:
    return (getattr(error, "message", "") or str(error)).splitlines()[0][:200]
