"""The ids API Gateway hands out: 11 random bytes in base64url, 16 characters with the padding."""

import base64
import re
from collections.abc import Callable
from typing import NewType

ConnectionId = NewType("ConnectionId", str)
MessageId = NewType("MessageId", str)
RequestId = NewType("RequestId", str)

RandomBytes = Callable[[int], bytes]

# 11 bytes are 88 bits: the fifteenth character carries only four of them.
_SHAPE = re.compile(r"[A-Za-z0-9_-]{14}[AEIMQUYcgkosw048]=")


def connection_id(random_bytes: RandomBytes) -> ConnectionId:
    return ConnectionId(_identifier(random_bytes))


def request_id(random_bytes: RandomBytes) -> RequestId:
    return RequestId(_identifier(random_bytes))


def message_id(connection: ConnectionId, random_bytes: RandomBytes) -> MessageId:
    """Every recorded messageId ends in the last seven characters of its connection's id."""
    return MessageId(_identifier(random_bytes)[:9] + connection[-7:])


def invocation_id(random_bytes: RandomBytes) -> str:
    """Lambda's own request id, a random UUID (version 4, variant 1)."""
    text = random_bytes(16).hex()
    variant = "89ab"[int(text[16], 16) % 4]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def trace_id(now_ms: int, random_bytes: RandomBytes) -> str:
    return f"Root=1-{now_ms // 1000:08x}-{random_bytes(12).hex()}"


def is_connection_id(text: str) -> bool:
    return _SHAPE.fullmatch(text) is not None


def _identifier(random_bytes: RandomBytes) -> str:
    return base64.urlsafe_b64encode(random_bytes(11)).decode()
