"""What is done to connections that are looked at: they are told, closed, or asked for."""

from collections import Counter
from contextlib import suppress

from notify.deadlines import MINUTE_MS, is_ending, is_overdue, is_probed, next_deadline
from notify.errors import TokenExpired, Unavailable
from notify.fanout import HANDSHAKE_GRACE_MS, Fanout
from notify.frames import TokenExpiring, encode
from notify.model import Connection, Subscriber
from notify.ports import Connections, Deadline, Gateway, Outcome
from notify.topics import EVERYBODY

Due = tuple[Deadline, Connection]


class Visits:
    """What is done to the connections whose deadlines are due, by what their rows say by then."""

    def __init__(
        self, connections: Connections, gateway: Gateway, fanout: Fanout, probe_ms: int
    ) -> None:
        self._connections = connections
        self._gateway = gateway
        self._fanout = fanout
        self._probe_ms = probe_ms

    def visit(self, due: list[Due], now: int, done: Counter[str]) -> list[Deadline]:
        """Returns the next deadlines: also of those who are closed now, to see that nothing is left
        of them. Counts in `done` how many were expired, ended, told and gone."""
        probed = [
            connection.id
            for deadline, connection in due
            if is_probed(connection, deadline, now, self._probe_ms)
        ]
        missing = {who for who, is_open in self._gateway.is_open_each(probed) if not is_open}
        return [
            self._visit(deadline, connection, connection.id in missing, now, done)
            for deadline, connection in due
        ]

    def _visit(
        self,
        deadline: Deadline,
        connection: Connection,
        is_missing: bool,
        now: int,
        done: Counter[str],
    ) -> Deadline:
        told = deadline.told
        token_end = connection.principal.token_expires_at
        if is_overdue(connection, now):
            return self._close(connection, now, done, "ended")
        if token_end <= now:
            self._fanout.expel([_subscriber(connection)], TokenExpired())
            done["expired"] += 1
            return _again(connection, now)
        if is_ending(connection, now) and told != token_end and not is_missing:
            outcome = self._tell(connection, now)
            told = token_end if outcome is Outcome.POSTED else told
            done["told"] += outcome is Outcome.POSTED
            is_missing = outcome is Outcome.GONE
        if is_missing and now - connection.connected_at > HANDSHAKE_GRACE_MS:
            return self._close(connection, now, done, "gone")
        return next_deadline(connection, now, self._probe_ms, told)

    def _tell(self, connection: Connection, now: int) -> Outcome:
        frame = TokenExpiring(expires_in_ms=connection.principal.token_expires_at - now)
        return self._gateway.post(connection.id, encode(frame))

    def _close(self, connection: Connection, now: int, done: Counter[str], why: str) -> Deadline:
        # What a busy store keeps is met again in a minute; it must not hold up the others.
        with suppress(Unavailable):
            self._connections.close(connection.id)
            done[why] += 1
        return _again(connection, now)


def _again(connection: Connection, now: int) -> Deadline:
    return Deadline(connection.id, now + MINUTE_MS, connection.topics)


def _subscriber(connection: Connection) -> Subscriber:
    """The connection as a member of the topic that everybody is in."""
    return Subscriber(
        connection_id=connection.id,
        username=connection.principal.username,
        connected_at=connection.connected_at,
        token_expires_at=connection.principal.token_expires_at,
        pattern=EVERYBODY,
        shard=0,
    )
