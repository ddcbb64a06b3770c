"""One-time tickets: they open one connection, so that no token has to be in its URL."""

from msgspec import Struct

from notify.accounts import Accounts
from notify.credentials import TICKET_PREFIX, RandomBytes, Ticket, new_ticket, ticket_hash
from notify.errors import Unauthorized
from notify.model import Principal
from notify.ports import Clock, Credentials

TICKET_SECONDS = 30


class IssuedTicket(Struct, frozen=True):
    """`text` is shown once and stored nowhere."""

    text: str
    expires_in: int


class Tickets:
    """A URL ends up in histories and access logs; a ticket in one is worth nothing by then."""

    def __init__(
        self,
        accounts: Accounts,
        credentials: Credentials,
        clock: Clock,
        random_bytes: RandomBytes,
    ) -> None:
        self._accounts = accounts
        self._credentials = credentials
        self._clock = clock
        self._random_bytes = random_bytes

    def issue(self, principal: Principal) -> IssuedTicket:
        text, stored_as = new_ticket(self._random_bytes)
        expires_at = self._clock() + TICKET_SECONDS * 1000
        self._credentials.add_ticket(Ticket(stored_as, principal, expires_at))
        return IssuedTicket(text, TICKET_SECONDS)

    def admit(self, offered: str | None) -> Principal:
        """Whom a ticket or a token lets in. Raises: Unauthorized, TokenExpired."""
        if offered is None or not offered.startswith(TICKET_PREFIX):
            return self._accounts.authenticate(offered)
        principal = self._credentials.take_ticket(ticket_hash(offered), self._clock())
        if principal is None or principal.token_expires_at <= self._clock():
            raise Unauthorized
        self._accounts.check(principal)
        return principal
