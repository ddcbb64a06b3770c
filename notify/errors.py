"""The one tree of errors that a caller is told about.

HeliographError
├── Unauthorized          4001  who are you?
│   ├── TokenExpired      4002
│   └── Revoked           4003
├── ConnectionLimit       4004
├── UnsupportedProtocol   4008
├── Rollover              4200  nothing is wrong: connect anew
├── BadRequest            4400  not our grammar at all
├── ReauthRequired        4401
├── Forbidden             4403  we know you, and no
├── Unknown               4404
├── Conflict              4409
│   └── StillRunning      4409  the same request, made a moment ago
├── Unrecoverable         4410  a position in a stream that cannot be served
├── PayloadTooLarge       4413
├── Invalid               4422  our grammar, a value we refuse
├── RateLimited           4429
├── InternalError         4500  a bug: said without its text
└── Unavailable           4503  a part of ours does not answer

Anything else that is raised is a bug: it propagates, and the caller sees 4500 without its text.
"""

from typing import ClassVar

from notify.codes import Code
from notify.model import Position
from notify.reasons import TEXTS, Reason


class HeliographError(Exception):
    """A refusal in words meant for the caller: never a secret, a token or a notification's body."""

    code: ClassVar[Code] = Code.INTERNAL
    retry_after_ms: int | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status of this refusal."""
        return 401 if self.code.fatal else self.code - 4000


class Unauthorized(HeliographError):
    """No token, or one that proves nothing."""

    code = Code.UNAUTHORIZED

    def __init__(self) -> None:
        # One text for every reason: which check failed is nothing that a stranger should learn.
        super().__init__("Authentication failed")


class TokenExpired(Unauthorized):
    """A token that was good once."""

    code = Code.TOKEN_EXPIRED

    def __init__(self) -> None:
        super().__init__()
        self.message = "The token has expired: get a new one"


class Revoked(Unauthorized):
    """An open connection whose user was removed, disabled or given a new password."""

    code = Code.REVOKED

    def __init__(self, message: str = "This login is no longer good: log in again") -> None:
        super().__init__()
        self.message = message


class ConnectionLimit(HeliographError):
    """One connection more than a user may hold open."""

    code = Code.CONNECTION_LIMIT

    def __init__(self) -> None:
        super().__init__("Too many connections: close one of yours first")

    @property
    def status(self) -> int:
        return 403  # we know very well who it is


class UnsupportedProtocol(HeliographError):
    """A `hello` for a version of the protocol that is not spoken here."""

    code = Code.UNSUPPORTED_PROTOCOL


class Rollover(HeliographError):
    """A connection is closed whose login is still good: by an operator, or because it is in a state
    that only a new one mends."""

    code = Code.ROLLOVER


class ReauthRequired(HeliographError):
    """A new token for an open connection that proves nothing; the old one is good until it ends."""

    code = Code.REAUTH_REQUIRED

    def __init__(self) -> None:
        super().__init__("That token proves nothing: get another one")


class BadRequest(HeliographError):
    """Not JSON, not an object, not a known type."""

    code = Code.BAD_REQUEST


class Forbidden(HeliographError):
    """A known principal asked for what is not theirs."""

    code = Code.FORBIDDEN_TOPIC


class Unknown(HeliographError):
    """Something named does not exist."""

    code = Code.UNKNOWN


class Conflict(HeliographError):
    """Something named exists already, or changed meanwhile."""

    code = Code.CONFLICT


class StillRunning(Conflict):
    """A retry came while the first try of the same request is at work."""

    retry_after_ms = 1_000

    def __init__(self) -> None:
        super().__init__("a request with this Idempotency-Key is running: try again")


class Unrecoverable(HeliographError):
    """What follows a position cannot be served without a gap.

    `position`: where the stream can be read on, behind the gap.
    """

    code = Code.UNRECOVERABLE_POSITION

    def __init__(self, reason: Reason, position: Position | None = None) -> None:
        super().__init__(f"{reason}: {TEXTS[reason]}")
        self.reason = reason
        self.position = position


class PayloadTooLarge(HeliographError):
    """More bytes than one frame may carry."""

    code = Code.PAYLOAD_TOO_LARGE


class Invalid(HeliographError):
    """A field is missing, unknown, ill-typed or out of bounds; the message names it."""

    code = Code.INVALID


class RateLimited(HeliographError):
    """Too much in too short a time. `limit` is of the window that is full."""

    code = Code.RATE_LIMITED

    def __init__(self, message: str, retry_after_ms: int, limit: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_ms = retry_after_ms
        self.limit = limit


class InternalError(HeliographError):
    """What a caller hears of a bug: that there was one."""

    code = Code.INTERNAL

    def __init__(self) -> None:
        super().__init__("Something went wrong on the server")


class Unavailable(HeliographError):
    """A store or queue did not answer; trying again is sensible."""

    code = Code.UNAVAILABLE
