"""Who may open a connection, and one more of them."""

from notify.accounts import Accounts
from notify.deadlines import next_deadline
from notify.errors import ConnectionLimit, HeliographError, TokenExpired, Unauthorized, Unavailable
from notify.fanout import HANDSHAKE_GRACE_MS, own_subscribers
from notify.limits import MAX_CONNECTIONS_PER_USER
from notify.model import Connection, ConnectionId, Pattern, Principal
from notify.ports import Clock, Connections, Deadlines, Gateway, Subscriptions
from notify.tickets import Tickets
from notify.topics import implicit_topics


class Admission:
    """Lets the bearer of a good token or ticket in; nothing is stored for anybody else."""

    def __init__(
        self,
        accounts: Accounts,
        tickets: Tickets,
        connections: Connections,
        subscriptions: Subscriptions,
        gateway: Gateway,
        deadlines: Deadlines,
        clock: Clock,
        probe_ms: int,
        max_connections: int = MAX_CONNECTIONS_PER_USER,
    ) -> None:
        self._accounts = accounts
        self._tickets = tickets
        self._connections = connections
        self._subscriptions = subscriptions
        self._gateway = gateway
        self._deadlines = deadlines
        self._clock = clock
        self._probe_ms = probe_ms
        self._max_connections = max_connections

    def open(self, connection_id: ConnectionId, offered: str | None) -> Principal:
        """Raises: Unauthorized, ConnectionLimit; Unavailable also where it was closed meanwhile."""
        principal = self._identify(offered)
        self._make_room(principal)
        now, topics = self._clock(), frozenset[Pattern](implicit_topics(principal))
        connection = Connection(connection_id, principal, now, topics)
        # Before anything else: whatever becomes of the rest, the sweep will come upon it.
        self._deadlines.put([next_deadline(connection, now, self._probe_ms)])
        self._connections.open(connection)
        try:
            self._check_again(connection)
        except HeliographError:
            self._take_back(connection)
            raise
        return principal

    def _identify(self, offered: str | None) -> Principal:
        try:
            return self._tickets.admit(offered)
        except TokenExpired as error:
            # 4002 is for a connection that was open; who knocks with a stale token is not let in.
            raise Unauthorized from error

    def _make_room(self, principal: Principal) -> None:
        """Forgets as many connections as are lost, the oldest first, if there are too many."""
        now = self._clock()
        own = list(own_subscribers(self._subscriptions, principal.username, now))
        surplus = len(own) - self._max_connections + 1
        for subscriber in sorted(own, key=lambda each: each.connected_at):
            if surplus <= 0:
                return
            is_young = now - subscriber.connected_at <= HANDSHAKE_GRACE_MS
            if not is_young and not self._gateway.is_open(subscriber.connection_id):
                self._connections.forget(subscriber)
                surplus -= 1
        if surplus > 0:
            raise ConnectionLimit

    def _check_again(self, connection: Connection) -> None:
        """Now that it can be found: a login may have ended in the meantime, whose connections were
        closed before this one was among them; or others have come in at the same moment."""
        principal = connection.principal
        self._accounts.check(principal)
        own = list(own_subscribers(self._subscriptions, principal.username, self._clock()))
        if len(own) > self._max_connections:
            raise ConnectionLimit
        if connection.id not in {each.connection_id for each in own}:
            raise Unavailable("the connection was closed while it opened: try again")

    def _take_back(self, connection: Connection) -> None:
        """Its topics do not appear all at once. Whoever has found it by one of them, and closed it,
        has left what came after; and no row to find that by."""
        if self._connections.close(connection.id) is None:
            self._connections.clear({connection.id: connection.topics})
