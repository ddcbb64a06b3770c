"""The errors of this client: one tree.

HeliographError
├── Unreachable           nobody answers at the address
├── ConnectionLost        the socket closed, and nobody said why
├── NoAnswer              the socket is open, but an answer did not come in time
├── Closed                the client was closed by its owner, or is not open yet
├── Overflow              too many requests wait for a connection already
├── ProtocolError         what came is not what the protocol promises
└── Coded                 an answer with a number of protocol §3
    ├── Refused           the server ended the connection, or would not open it
    ├── RequestRefused    the server would not do what one frame asked; the connection stays
    │   └── TopicsRefused
    └── ApiError          an HTTP request was answered with a problem
"""

from types import MappingProxyType

from .gaps import Position

# Protocol §3. What the server calls a code in a frame counts more than this table.
CODE_NAMES = MappingProxyType(
    {
        4000: "protocol_error",
        4001: "unauthorized",
        4002: "token_expired",
        4003: "revoked",
        4004: "connection_limit",
        4008: "unsupported_protocol",
        4100: "over_capacity",
        4200: "rollover",
        4400: "bad_request",
        4401: "reauth_required",
        4403: "forbidden_topic",
        4404: "unknown",
        4409: "conflict",
        4410: "unrecoverable_position",
        4413: "payload_too_large",
        4422: "invalid",
        4429: "rate_limited",
        4500: "internal",
        4503: "unavailable",
    }
)


class HeliographError(Exception):
    """Anything that this client raises on purpose."""


class Unreachable(HeliographError):
    """Nobody answers at `url`."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"cannot reach {url}: {reason}")
        self.url = url
        self.reason = reason


class ConnectionLost(HeliographError):
    """The socket closed without a code of ours."""


class NoAnswer(HeliographError):
    """The socket is open, but an answer did not come in time."""


class Closed(HeliographError):
    """The client was closed by its owner, or is not open yet."""


class Overflow(HeliographError):
    """Too many requests wait for a connection already."""


class ProtocolError(HeliographError):
    """What came is not what the protocol promises."""


class Coded(HeliographError):
    """An error with a number of protocol §3, which never changes its meaning."""

    def __init__(self, code: int, message: str, name: str = "") -> None:
        self.code = code
        self.name = name or CODE_NAMES.get(code, "error")
        self.message = message
        super().__init__(f"{code} {self.name}: {message}")


class Refused(Coded):
    """The server ended the connection, or would not open it.

    40xx: do not reconnect unchanged. 41xx: back off. 42xx: reconnect, `after_ms` from now.
    `reconnect` is False where the server asks to stay away, whatever the code.
    """

    def __init__(
        self,
        code: int,
        message: str,
        name: str = "",
        *,
        after_ms: int = 0,
        reconnect: bool = True,
    ) -> None:
        super().__init__(code, message, name)
        self.after_ms = after_ms
        self.reconnect = reconnect


class RequestRefused(Coded):
    """The server answered a frame with an error. `temporary`: the same may succeed later.

    `reason`: why a position cannot be served; `position`: where to go on instead.
    """

    def __init__(
        self,
        code: int,
        message: str,
        name: str = "",
        *,
        topic: str | None = None,
        temporary: bool = False,
        retry_after_ms: int | None = None,
        reason: str = "",
        position: Position | None = None,
    ) -> None:
        super().__init__(code, message, name)
        self.topic = topic
        self.temporary = temporary
        self.retry_after_ms = retry_after_ms
        self.reason = reason
        self.position = position


class TopicsRefused(RequestRefused):
    """Some topics were refused. The `accepted` ones are subscribed all the same."""

    def __init__(self, refused: tuple[RequestRefused, ...], accepted: tuple[str, ...]) -> None:
        first = refused[0]
        message = "; ".join(error.message for error in refused)
        super().__init__(
            first.code,
            message,
            first.name,
            topic=first.topic,
            temporary=all(error.temporary for error in refused),
            retry_after_ms=first.retry_after_ms,
        )
        self.refused = refused
        self.accepted = accepted


class ApiError(Coded):
    """An HTTP request was answered with a problem document (RFC 9457).

    `retry_after` is in seconds, and None where the server named none.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: int | None = None,
        title: str = "",
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        number = 4000 + status if code is None else code
        super().__init__(number, detail, CODE_NAMES.get(number) or title.lower())
        self.status = status
        self.detail = detail
        self.title = title
        self.request_id = request_id
        self.retry_after = retry_after

    @property
    def temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status == 429 or self.status >= 500
