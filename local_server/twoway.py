"""What a WebSocket route makes of its function's result."""

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from local_server.fast_json import decode
from local_server.responses import NO_BASE64, Malformed, body_text, kind_of, status

# One more key and it is no proxy response (middyjs/middy#1219).
_PROXY_KEYS = frozenset(
    {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded", "cookies"}
)


def status_of(result: Any) -> int:
    """The status $connect decided on. Raises Malformed."""
    expected = "a mapping with a statusCode is expected"
    if not isinstance(result, dict):
        raise Malformed(f"{expected}, not {kind_of(result)}")
    if "statusCode" not in result:
        raise Malformed(f"{expected}; this one has {_names(result) or 'nothing'}")
    return status(result["statusCode"])


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
    if not isinstance(result, dict):
        raise Malformed(f"a mapping or None is expected, not {kind_of(result)}")
    if surplus := result.keys() - _PROXY_KEYS:
        raise Malformed(f"a proxy response has no {_names(surplus)}")
    return result


def reply_of(result: dict[str, Any] | None) -> str:
    """The body, whatever the status; an empty message without one (serverless/serverless#6816)."""
    body = body_text(result or {})
    if not (result or {}).get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"{NO_BASE64} of UTF-8") from error


def _names(keys: Iterable[str]) -> str:
    # A mapping by ids may have thousands.
    return ", ".join(map(repr, sorted(keys)[:10]))
