"""Connections whose coming to a watched topic, and leaving it, is looked into a moment later."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from notify.errors import Unavailable
from notify.jobs import JoinJob, LaterJob, LeaveJob
from notify.model import Connection, ConnectionId, Pattern, Principal, Subscriber, Username
from notify.parts import Shard
from notify.ports import Connections, LaterQueue
from notify.topics import WatchedTopics

# Who is back by then has not left.
LEAVE_SECONDS = 5
# By then the function that subscribes has ended, one way or another (29 s, serverless.yml).
JOIN_CHECK_SECONDS = 35


class NoticedConnections:
    """Whoever closes or forgets a connection need not know of presence: every way goes by here.

    Nothing is told here, and nobody waits for what is told: a peer that hangs holds up the
    queue, not whoever subscribes. Nor does a queue that does not answer cost anybody a topic.
    """

    def __init__(self, connections: Connections, later: LaterQueue, watched: WatchedTopics) -> None:
        self._connections = connections
        self._later = later
        self._watched = watched

    def open(self, connection: Connection) -> None:
        self._connections.open(connection)

    def get(self, connection_id: ConnectionId) -> Connection | None:
        return self._connections.get(connection_id)

    def subscribe(self, connection: Connection, pattern: Pattern, limit: int) -> None:
        if pattern not in self._watched or pattern in connection.topics:
            self._connections.subscribe(connection, pattern, limit)
            return
        job = JoinJob(pattern, connection.principal.username)
        # The first job is for a function that dies between the subscription and the second.
        self._put([job], JOIN_CHECK_SECONDS)
        self._connections.subscribe(connection, pattern, limit)
        self._put([job])

    def unsubscribe(self, connection: Connection, pattern: Pattern) -> None:
        self._connections.unsubscribe(connection, pattern)
        self._left(connection.principal.username, [pattern])

    def renew(self, connection: Connection, principal: Principal) -> Connection:
        return self._connections.renew(connection, principal)

    def extend(self, subscriber: Subscriber, token_expires_at: int) -> None:
        self._connections.extend(subscriber, token_expires_at)

    def get_each(self, connection_ids: Iterable[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        return self._connections.get_each(connection_ids)

    def clear(self, lost: Mapping[ConnectionId, frozenset[Pattern]]) -> set[Shard]:
        return self._connections.clear(lost)

    def acknowledge(self, connection_id: ConnectionId, stream: Pattern, seq: int) -> bool:
        return self._connections.acknowledge(connection_id, stream, seq)

    def close(self, connection_id: ConnectionId) -> Connection | None:
        closed = self._connections.close(connection_id)
        if closed is not None:
            self._left(closed.principal.username, closed.topics)
        return closed

    def forget(self, subscriber: Subscriber) -> Connection | None:
        closed = self._connections.forget(subscriber)
        # Of a connection whose row is lost, this one topic is all that is known.
        topics = {subscriber.pattern} if closed is None else closed.topics | {subscriber.pattern}
        self._left(subscriber.username, topics)
        return closed

    def _left(self, username: Username, topics: Iterable[Pattern]) -> None:
        jobs = [LeaveJob(topic, username) for topic in sorted(topics) if topic in self._watched]
        self._put(jobs, LEAVE_SECONDS)

    def _put(self, jobs: Sequence[LaterJob], delay_seconds: int = 0) -> None:
        if jobs:
            with suppress(Unavailable):
                self._later.put(jobs, delay_seconds)
