"""The numbered codes of error frames and problem documents; frozen once shipped."""

from enum import IntEnum


class Code(IntEnum):
    """A code's meaning never changes and its number is never given to another.

    40xx: do not reconnect unchanged. 41xx: back off. 42xx: reconnect now. From 4400 on, a code is
    4000 + the HTTP status of the same refusal, and the socket stays open.
    """

    PROTOCOL_ERROR = 4000
    UNAUTHORIZED = 4001
    TOKEN_EXPIRED = 4002
    REVOKED = 4003
    CONNECTION_LIMIT = 4004
    UNSUPPORTED_PROTOCOL = 4008
    OVER_CAPACITY = 4100
    ROLLOVER = 4200

    BAD_REQUEST = 4400
    REAUTH_REQUIRED = 4401
    FORBIDDEN_TOPIC = 4403
    UNKNOWN = 4404
    CONFLICT = 4409
    UNRECOVERABLE_POSITION = 4410
    PAYLOAD_TOO_LARGE = 4413
    INVALID = 4422
    RATE_LIMITED = 4429
    INTERNAL = 4500
    UNAVAILABLE = 4503

    @property
    def fatal(self) -> bool:
        """Whether the server closes the connection after a frame with this code."""
        return self < Code.BAD_REQUEST

    @property
    def temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self in TEMPORARY


TEMPORARY = frozenset(
    {Code.OVER_CAPACITY, Code.ROLLOVER, Code.RATE_LIMITED, Code.INTERNAL, Code.UNAVAILABLE}
)
