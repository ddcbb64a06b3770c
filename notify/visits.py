"""What is done to connections that are looked at: they are told, closed, or asked for."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from notify.accounts import still_holds
from notify.deadlines import MINUTE_MS, is_ending, is_overdue, is_probed, next_deadline
from notify.errors import HeliographError, Revoked, Rollover, TokenExpired, Unavailable
from notify.fanout import HANDSHAKE_GRACE_MS, Fanout
from notify.frames import TokenExpiring, encode
from notify.model import Connection, ConnectionId, Subscriber
from notify.ports import Connections, Deadline, Gateway, Outcome, Users
from notify.topics import EVERYBODY

Due = tuple[Deadline, Connection]


class Visits:
    """What is done to the connections whose deadlines are due, by what their rows say by then.

    All of them at once, step by step: a peer that hangs costs the others the time of one call a
    step. Who must go goes before anybody is told anything.
    """

    def __init__(
        self,
        connections: Connections,
        users: Users,
        gateway: Gateway,
        fanout: Fanout,
        probe_ms: int,
    ) -> None:
        self._connections = connections
        self._users = users
        self._gateway = gateway
        self._fanout = fanout
        self._probe_ms = probe_ms

    def visit(self, due: list[Due], now: int, done: Counter[str]) -> list[Deadline]:
        """Returns the next deadlines: also of those who are closed now, to see that nothing is left
        of them. Counts in `done` how many were revoked, expired, ended, told and gone, and whose
        end was unfinished."""
        ended = [connection for _, connection in due if is_overdue(connection, now)]
        self._close(ended, done, "ended")
        open_yet = [connection for _, connection in due if not is_overdue(connection, now)]
        expelled = self._expel(open_yet, now, done)
        closed = {connection.id for connection in ended} | expelled
        stay = [(deadline, each) for deadline, each in due if each.id not in closed]
        told, lost = self._look(stay, now, done)
        self._close(lost, done, "gone")
        closed |= {connection.id for connection in lost}
        return [
            Deadline(connection.id, now + MINUTE_MS, connection.topics)
            if connection.id in closed
            else next_deadline(
                connection, now, self._probe_ms, told.get(connection.id, deadline.told)
            )
            for deadline, connection in due
        ]

    def _expel(
        self, connections: list[Connection], now: int, done: Counter[str]
    ) -> set[ConnectionId]:
        """Whose token does not hold any more, and whom somebody has half closed. Who ended a login
        has closed what was found then, if nothing came in between: this is what makes it sure."""
        users = self._users.get_each({each.principal.username for each in connections})
        errors: dict[Subscriber, HeliographError] = {}
        for connection in connections:
            principal = connection.principal
            if not still_holds(principal, users.get(principal.username), now):
                errors[_subscriber(connection)] = Revoked()
                done["revoked"] += 1
            elif principal.token_expires_at <= now:
                errors[_subscriber(connection)] = TokenExpired()
                done["expired"] += 1
            elif connection.closing:
                errors[_subscriber(connection)] = Rollover("The connection is closed: connect anew")
                done["unfinished"] += 1
        self._fanout.expel_each(errors)
        return {subscriber.connection_id for subscriber in errors}

    def _look(
        self, due: list[Due], now: int, done: Counter[str]
    ) -> tuple[dict[ConnectionId, int], list[Connection]]:
        """Of which token's end whom need not be told again, and who is not there any more."""
        missing = self._missing(due, now)
        ending = {
            connection.id: connection
            for deadline, connection in due
            if is_ending(connection, now)
            and deadline.told != connection.principal.token_expires_at
            and connection.id not in missing
        }
        outcomes = self._tell(ending.values(), now)
        missing |= {who for who, outcome in outcomes.items() if outcome is Outcome.GONE}
        done["told"] += sum(outcome is Outcome.POSTED for outcome in outcomes.values())
        # Who hangs would hang again in a minute, and hold up the others: nobody is told twice.
        told = {who: ending[who].principal.token_expires_at for who in outcomes.keys() - missing}
        lost = [
            connection
            for _, connection in due
            if connection.id in missing and now - connection.connected_at > HANDSHAKE_GRACE_MS
        ]
        return told, lost

    def _missing(self, due: list[Due], now: int) -> set[ConnectionId]:
        probed = [
            connection.id
            for deadline, connection in due
            if is_probed(connection, deadline, now, self._probe_ms)
        ]
        return {who for who, is_open in self._gateway.is_open_each(probed) if not is_open}

    def _tell(self, ending: Iterable[Connection], now: int) -> dict[ConnectionId, Outcome]:
        frames = {
            connection.id: encode(
                TokenExpiring(expires_in_ms=connection.principal.token_expires_at - now)
            )
            for connection in ending
        }
        return dict(self._gateway.post_each(frames))

    def _close(self, connections: Iterable[Connection], done: Counter[str], why: str) -> None:
        for connection in connections:
            # What a busy store keeps is met again in a minute; it must not hold up the others.
            with suppress(Unavailable):
                self._connections.close(connection.id)
                done[why] += 1


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
