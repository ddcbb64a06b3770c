"""The HTTP API as an OpenAPI 3.1 document, made of the structs that the code validates with."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from notify.contract import OPERATIONS, Operation, Parameter
from notify.problems import Problem

VERSION = "0.1.0"
BASE_PATH = "/api/v1"
SCHEMAS = "#/components/schemas/{name}"
_IN_PATH = re.compile(r"\{(\w+)\}")

Document = dict[str, Any]


def openapi(operations: Mapping[str, Operation] = OPERATIONS) -> Document:
    types = _types(operations)
    schemas, components = msgspec.json.schema_components(types, ref_template=SCHEMAS)
    schema_of = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Document]] = {}
    for route, operation in operations.items():
        method, _, path = route.partition(" ")
        paths.setdefault(path, {})[method.lower()] = _operation(route, operation, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Heliograph",
            "version": VERSION,
            "description": "Real-time notifications: sends to users, broadcasts to topics.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": BASE_PATH}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _types(operations: Mapping[str, Operation]) -> list[Any]:
    """Every type once, in the order in which it is met."""
    types: dict[Any, None] = {Problem: None, str: None}
    for operation in operations.values():
        met: list[object] = [operation.body, *operation.answers.values()]
        met += [parameter.type for parameter in operation.parameters.values()]
        types |= dict.fromkeys(kind for kind in met if kind is not None)
    return list(types)


def _operation(route: str, operation: Operation, schema_of: Mapping[Any, Document]) -> Document:
    document: Document = {
        "operationId": _operation_id(route),
        "summary": operation.about,
        "parameters": [
            *(_path_parameter(name) for name in _IN_PATH.findall(route)),
            *(
                _parameter(name, parameter, schema_of)
                for name, parameter in operation.parameters.items()
            ),
        ],
        "responses": {
            str(status): _response(status, operation, schema_of) for status in operation.statuses
        },
    }
    if operation.body is not None:
        content = {"application/json": {"schema": schema_of[operation.body]}}
        document["requestBody"] = {"required": operation.needs_body, "content": content}
    if not operation.needs_token:
        document["security"] = []
    return document


def _operation_id(route: str) -> str:
    """`post_notifications_broadcast`."""
    return re.sub(r"\W+", "_", route).strip("_").lower()


def _path_parameter(name: str) -> Document:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _parameter(name: str, parameter: Parameter, schema_of: Mapping[Any, Document]) -> Document:
    return {
        "name": name,
        "in": parameter.where,
        "description": parameter.about,
        "required": parameter.required,
        "schema": schema_of[parameter.type],
    }


def _response(status: int, operation: Operation, schema_of: Mapping[Any, Document]) -> Document:
    response: Document = {"description": HTTPStatus(status).phrase}
    if status not in operation.answers:
        problem = {"application/problem+json": {"schema": schema_of[Problem]}}
        return {**response, "content": problem}
    body = operation.answers[status]
    if body is None:
        return response
    return {**response, "content": {"application/json": {"schema": schema_of[body]}}}
