"""What a WebSocket route makes of its function's result."""

import base64
import binascii
from typing import Any

from local_server.fast_json import decode
from local_server.responses import Malformed, status

# One more key and it is no proxy response (middyjs/middy#1219).
_PROXY_KEYS = frozenset(
    {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded", "cookies"}
)


def status_of(result: Any) -> int:
    """The status $connect decided on. Raises Malformed."""
    if not isinstance(result, dict):
        raise Malformed("no object")
    return status(result.get("statusCode"))


def subprotocol_of(result: dict[str, Any]) -> str | None:
    """API Gateway never chooses one: the function must name it in its headers."""
    headers = result.get("headers")
    for name, value in headers.items() if isinstance(headers, dict) else ():
        if str(name).lower() == "sec-websocket-protocol" and isinstance(value, str):
            return value.replace("\r", "").replace("\n", "")
    return None


def checked_result(payload: str) -> dict[str, Any] | None:
    """A message route's result; nothing at all is fine. Raises Malformed."""
    result = decode(payload)
    if result is None:
        return None
    if not isinstance(result, dict) or result.keys() - _PROXY_KEYS:
        raise Malformed("no proxy response")
    return result


def reply_of(result: dict[str, Any] | None) -> str:
    """The body, whatever the status; an empty message without one (serverless/serverless#6816)."""
    body = (result or {}).get("body")
    if body is None:
        return ""
    if not isinstance(body, str):
        raise Malformed("body")
    if not (result or {}).get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Malformed("body") from error
