"""The nouns of the house: principals, connections, subscribers, notifications."""

import datetime
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, NewType

from msgspec import Struct
from msgspec.structs import astuple

Username = NewType("Username", str)
ConnectionId = NewType("ConnectionId", str)
# A pattern is a topic, or one that ends in `:*`; every topic is a pattern.
Pattern = NewType("Pattern", str)
Topic = NewType("Topic", Pattern)

MAX_AGE_MS = 2 * 60 * 60 * 1000  # API Gateway closes every connection after two hours.
ROW_GRACE_MS = 15 * 60 * 1000


class Action(StrEnum):
    """What a capability may allow on a pattern."""

    SUBSCRIBE = "subscribe"
    PUBLISH = "publish"
    PRESENCE = "presence"
    HISTORY = "history"


Caps = Mapping[Pattern, frozenset[Action]]


class Principal(Struct, frozen=True):
    """Who stands behind a connection or an HTTP request, as the token says.

    `token_expires_at` is in milliseconds since the epoch, like every time here. `sid` names the
    login that the token goes back to; a provider's token may have none. `issued_at`: its `iat`.
    """

    username: Username
    roles: frozenset[str]
    tenant: str | None
    token_expires_at: int
    caps: Caps = {}
    sid: str | None = None
    issued_at: int = 0

    def __eq__(self, other: object) -> bool:
        """A token that was issued later names nobody else."""
        return isinstance(other, Principal) and astuple(self)[:-1] == astuple(other)[:-1]

    def has_role(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)


class Connection(Struct, frozen=True):
    """One socket at the gateway and who holds it.

    `renewals` counts the tokens that have followed the first: what was decided for one of them is
    not done under the next. `closing`: somebody has begun to close it, and may have died of it.
    """

    id: ConnectionId
    principal: Principal
    connected_at: int
    topics: frozenset[Pattern]
    # Up to which number of each stream the client says that everything has arrived.
    acked: Mapping[Pattern, int] = {}
    renewals: int = 0
    closing: bool = False

    @property
    def expires_at(self) -> int:
        """When its row may go: the gateway has closed it by then."""
        return self.connected_at + MAX_AGE_MS + ROW_GRACE_MS


class Subscriber(Struct, frozen=True, gc=False):
    """A connection as the fan-out meets it: a row of some topic's shard."""

    connection_id: ConnectionId
    username: Username
    connected_at: int
    token_expires_at: int
    pattern: Pattern
    shard: int


class Position(Struct, frozen=True):
    """A place in a stream. `epoch` changes only if a stream's numbering is lost."""

    epoch: str
    seq: int


class EndedLogin(NamedTuple):
    """Its tokens that were issued at `issued_until` or before are worth nothing; all of them have
    expired at `until`, when this may be forgotten. In ms."""

    until: int
    issued_until: int

    def covers(self, issued_at: int, now: int) -> bool:
        return now < self.until and issued_at <= self.issued_until


class User(Struct, frozen=True):
    """An account. `revoked_before`: tokens issued before it (ms) are worth nothing.

    `created_at` is 0 for accounts that are older than the field. What was sent before it was meant
    for an earlier user of that name.
    `revoked_sids`: logins that have ended while their tokens had not. `version` is the store's,
    which counts the changes.
    """

    username: Username
    password_hash: str | None
    roles: frozenset[str] = frozenset()
    tenant: str | None = None
    disabled: bool = False
    revoked_before: int = 0
    created_at: int = 0
    revoked_sids: Mapping[str, EndedLogin] = {}
    version: int = 0

    def __eq__(self, other: object) -> bool:
        """Whichever version it is."""
        return isinstance(other, User) and astuple(self)[:-1] == astuple(other)[:-1]


def timestamp(at: int) -> str:
    """`at` in ms as ISO 8601 in UTC: `2026-01-31T12:00:00.000Z`."""
    moment = datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
