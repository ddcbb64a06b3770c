"""The WebSocket API as an AsyncAPI 3 document, made of the structs that the code validates with."""

import typing
from collections.abc import Iterable
from typing import Any

import msgspec

from notify.frames import Frame
from notify.handshake import SUBPROTOCOL
from notify.messages import TYPES
from notify.openapi import SCHEMAS, VERSION, Document

CHANNEL = "realtime"


def asyncapi() -> Document:
    received = list(dict.fromkeys(TYPES.values()))
    sent = list(typing.get_args(Frame))
    _, components = msgspec.json.schema_components([*received, *sent], ref_template=SCHEMAS)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Heliograph",
            "version": VERSION,
            "description": "One JSON object a frame, told apart by `type`.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "gateway": {
                "host": "{host}",
                "pathname": "/api/v1/ws/realtime",
                "protocol": "wss",
                "protocolVersion": SUBPROTOCOL,
                "variables": {"host": {"description": "Where the service is deployed."}},
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
        },
        "channels": {
            CHANNEL: {
                "address": None,
                "messages": {name: _reference(name) for name in _names([*received, *sent])},
            }
        },
        "operations": {
            "receive": _operation("receive", "What the server takes.", received),
            "send": _operation("send", "What the server answers and pushes.", sent),
        },
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in [*received, *sent]},
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "httpApiKey",
                    "name": "token",
                    "in": "query",
                    "description": "An access token, or a one-time ticket.",
                }
            },
        },
    }


def _names(kinds: Iterable[type]) -> list[str]:
    return [kind.__name__ for kind in kinds]


def _reference(name: str) -> Document:
    return {"$ref": f"#/components/messages/{name}"}


def _message(kind: Any) -> Document:
    tag = kind.__struct_config__.tag
    summary = (kind.__doc__ or "").partition("\n")[0]
    return {
        "name": tag,
        "title": kind.__name__,
        "summary": summary,
        "payload": {"$ref": SCHEMAS.format(name=kind.__name__)},
    }


def _operation(action: str, about: str, kinds: Iterable[type]) -> Document:
    channel = f"#/channels/{CHANNEL}"
    return {
        "action": action,
        "summary": about,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in _names(kinds)],
    }
