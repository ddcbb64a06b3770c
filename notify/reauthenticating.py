"""A new token for a connection that is open: it goes on, with what the new token may."""

from contextlib import suppress

from notify.accounts import Accounts
from notify.errors import (
    Conflict,
    Forbidden,
    HeliographError,
    ReauthRequired,
    Revoked,
    Rollover,
    Unauthorized,
    Unavailable,
)
from notify.frames import Authenticated, Frame
from notify.messages import Auth
from notify.model import Connection, Pattern, Principal, timestamp
from notify.ports import Connections
from notify.topics import MAX_SUBSCRIPTIONS, TopicPolicy, implicit_topics


class Reauthenticating:
    """What the new token does not allow any more goes at once, what it brings comes.

    The connection's row decides who a connection is, and changes in one conditional write; nothing
    is subscribed on behalf of a token that another has followed (`Connection.renewals`).
    """

    def __init__(self, accounts: Accounts, connections: Connections, policy: TopicPolicy) -> None:
        self._accounts = accounts
        self._connections = connections
        self._policy = policy

    def auth(self, connection: Connection, message: Auth, now: int) -> list[Frame]:
        """Raises: ReauthRequired, Forbidden for a token of somebody else's; Conflict where two
        tokens come at the same time; Revoked where the login ends at the same time; Rollover where
        it could not be seen through."""
        principal = self._authenticate(message.token)
        if principal.username != connection.principal.username:
            raise Forbidden("that token is somebody else's: connect anew with it")
        self._drop(connection, principal)
        renewed = self._connections.renew(connection, principal)
        try:
            self._check_again(principal)
            self._drop(renewed, principal)
            self._join(renewed, principal)
        except Conflict:  # the token that has followed sees to everything
            raise
        except HeliographError as error:
            # Half of it must not stay: the connection would hear what it may not any more, or not
            # hear what it may. Behind a fatal code the socket is closed as well.
            with suppress(Unavailable):
                self._connections.close(connection.id)
            if isinstance(error, Revoked):
                raise
            raise Rollover("The new token could not be taken over: connect anew with it") from error
        expires_at = timestamp(principal.token_expires_at)
        return [Authenticated(token_expires_at=expires_at, id=message.id)]

    def _authenticate(self, token: str) -> Principal:
        try:
            return self._accounts.authenticate(token)
        except Unauthorized as error:
            raise ReauthRequired from error

    def _check_again(self, principal: Principal) -> None:
        """Now that the connection is that login's: it may have ended in the meantime, and its
        connections were closed before this one was among them."""
        try:
            self._accounts.check(principal)
        except Unauthorized as error:
            raise Revoked from error

    def _drop(self, connection: Connection, principal: Principal) -> None:
        for pattern in connection.topics:
            if not self._policy.may_subscribe(principal, pattern):
                self._connections.unsubscribe(connection, pattern)

    def _join(self, connection: Connection, principal: Principal) -> None:
        own = frozenset[Pattern](implicit_topics(principal))
        for pattern in sorted(own - connection.topics):
            self._connections.subscribe(connection, pattern, MAX_SUBSCRIPTIONS + len(own))
