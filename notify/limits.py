"""How much may be asked for in how short a time: fixed windows, counted in a store."""

import hashlib
from contextlib import suppress

from msgspec import Struct

from notify.errors import RateLimited
from notify.model import Principal, Username
from notify.ports import Clock, Limits

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
LOCKED_MS = 15 * MINUTE_MS
MAX_FAILURES = 10
WRITES_A_MINUTE = 600
READS_A_MINUTE = 1200
NEW_TOPICS_A_DAY = 1000
LOGINS_A_MINUTE = 30  # of one username
LOGINS_A_MINUTE_OF_AN_ADDRESS = 300  # many people stand behind one
REFRESHES_A_MINUTE_OF_AN_ADDRESS = 600
FRAMES_A_MINUTE = 300  # of one connection
MAX_CONNECTIONS_PER_USER = 20

COSTLY = 10  # reads that go through whole streams or topics count as so many

# What concerns nobody but the caller, and is asked for more often.
OWN_AFFAIRS = frozenset({"read", "mark"})


class Window(Struct, frozen=True):
    """What is left of one's minute."""

    limit: int
    remaining: int
    resets_in_ms: int


class RateLimits:
    """Minutes by the clock, the same for everybody: a window needs no row to be opened."""

    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        writes_a_minute: int,
        reads_a_minute: int = READS_A_MINUTE,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._writes_a_minute = writes_a_minute
        self._reads_a_minute = reads_a_minute

    def check(self, principal: Principal, operation: str, cost: int = 1) -> Window:
        """Counts `cost` of that operation against the principal's minute. Raises: RateLimited."""
        limit = self._reads_a_minute if operation in OWN_AFFAIRS else self._writes_a_minute
        return self.take(f"{operation}:{principal.username}", limit, cost)

    def take(self, what: str, limit: int, cost: int = 1, window_ms: int = MINUTE_MS) -> Window:
        """The same for anything that has a name. Raises: RateLimited."""
        now = self._clock()
        ends_at = now - now % window_ms + window_ms
        used = self._limits.add(f"{what}@{ends_at // window_ms}", cost, ends_at, now)
        if used > limit:
            raise RateLimited("too much at once: wait a moment", ends_at - now, limit)
        return Window(limit, limit - used, ends_at - now)


class NewTopics:
    """Each topic that nobody has asked for before is a row for good, so a user's are counted."""

    def __init__(self, rates: RateLimits, a_day: int) -> None:
        self._rates = rates
        self._a_day = a_day

    def take(self, username: Username) -> None:
        """One more of the user's day. Raises: RateLimited."""
        self._rates.take(f"new-topics:{username}", self._a_day, window_ms=DAY_MS)


class LoginGuard:
    """Slows down who guesses passwords, and locks an account for a while after ten wrong ones.

    It counts for names that nobody has as well: whether a user exists is nothing to learn here.
    """

    def __init__(
        self, limits: Limits, rates: RateLimits, clock: Clock, of_username: int, of_address: int
    ) -> None:
        self._limits = limits
        self._rates = rates
        self._clock = clock
        self._of_username = of_username
        self._of_address = of_address

    def admit(self, username: str, address: str) -> Window:
        """Before a password is looked at. Raises: RateLimited."""
        self._rates.take(f"login-from:{network(address)}", self._of_address)
        window = self._rates.take(f"login:{_name(username)}", self._of_username)
        failures, until = self._limits.read(_failures(username), self._clock())
        if failures >= MAX_FAILURES:
            wait = until - self._clock()
            raise RateLimited("too many wrong passwords: wait a while", wait, MAX_FAILURES)
        return window

    def failed(self, username: str) -> None:
        """A quarter of an hour without one more, and they are forgotten."""
        now = self._clock()
        self._limits.add(_failures(username), 1, now + LOCKED_MS, now)

    def succeeded(self, username: str) -> None:
        self._limits.clear(_failures(username))


def network(address: str) -> str:
    """Whom to count an address as: an IPv6 user has a whole /64 to choose from."""
    import ipaddress  # a millisecond, which who connects or sends need not wait for

    with suppress(ValueError):
        parsed = ipaddress.ip_address(address)
        if parsed.version == 6:
            return str(ipaddress.ip_network(f"{parsed}/64", strict=False))
        return str(parsed)
    return _name(address)


def _failures(username: str) -> str:
    return f"failures:{_name(username)}"


def _name(text: str) -> str:
    # What a stranger writes, of any length and in any characters, is no key.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
