"""What is presented once and known only by its hash: refresh tokens and tickets."""

import base64
import binascii
import hashlib
from collections.abc import Callable

from msgspec import Struct

from notify.errors import Unauthorized
from notify.model import Principal, Username

RandomBytes = Callable[[int], bytes]  # that many, and nobody can guess them

REFRESH_PREFIX = "rt_"
TICKET_PREFIX = "wst_"
FAMILY_BYTES = 16
SECRET_BYTES = 32  # 256 bits
SID_CHARACTERS = 32


class Family(Struct, frozen=True):
    """A login and all the refresh tokens that follow from it; only the newest of them is good.

    `secret_hash` is the newest one's; `revoked_before` the user's as the login read it, None where
    it is older than the field. Times in ms.
    """

    sid: str
    username: Username
    secret_hash: str
    created_at: int
    expires_at: int
    revoked_before: int | None = None


class Ticket(Struct, frozen=True):
    """Opens one connection for the principal until `expires_at` (ms)."""

    hash: str
    principal: Principal
    expires_at: int


class RefreshToken(Struct, frozen=True):
    """`rt_` and 48 bytes: 16 that every token of the family has, and 32 of its own.

    Whoever knows the 16 has held a token of the family: a wrong secret behind them is a used one,
    and nobody who only knows the family's `sid`, which is in every access token, can play one.
    """

    family: bytes
    secret: bytes

    @classmethod
    def first(cls, random_bytes: RandomBytes) -> "RefreshToken":
        return cls(random_bytes(FAMILY_BYTES), random_bytes(SECRET_BYTES))

    def next(self, random_bytes: RandomBytes) -> "RefreshToken":
        return RefreshToken(self.family, random_bytes(SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> "RefreshToken":
        """Raises: Unauthorized."""
        raw = _decode(text, REFRESH_PREFIX, FAMILY_BYTES + SECRET_BYTES)
        return cls(raw[:FAMILY_BYTES], raw[FAMILY_BYTES:])

    @property
    def text(self) -> str:
        return REFRESH_PREFIX + _encode(self.family + self.secret)

    @property
    def sid(self) -> str:
        return digest(self.family)[:SID_CHARACTERS]

    @property
    def secret_hash(self) -> str:
        return digest(self.secret)


def new_ticket(random_bytes: RandomBytes) -> tuple[str, str]:
    """The text of a ticket, and the hash that it is stored by."""
    secret = random_bytes(SECRET_BYTES)
    return TICKET_PREFIX + _encode(secret), digest(secret)


def ticket_hash(text: str) -> str:
    """Raises: Unauthorized."""
    return digest(_decode(text, TICKET_PREFIX, SECRET_BYTES))


def digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str, prefix: str, length: int) -> bytes:
    try:
        body = text.removeprefix(prefix).encode("ascii")
        raw = base64.b64decode(body + b"=" * (-len(body) % 4), b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Unauthorized from error
    if len(raw) != length or text != prefix + _encode(raw):  # one spelling each
        raise Unauthorized
    return raw
