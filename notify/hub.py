"""The life of a connection: it opens, is answered frame by frame, and closes."""

from collections.abc import Iterable

from notify.accounts import Accounts
from notify.deadlines import next_deadline
from notify.errors import HeliographError, TokenExpired, Unauthorized
from notify.frames import ErrorFrame, Frame, NotificationFrame, encode, error_frame
from notify.messages import message_id, parse_message
from notify.model import Connection, ConnectionId, Pattern, Principal
from notify.ports import Clock, Connections, Deadlines, Gateway, Outcome
from notify.topics import implicit_topics
from notify.verbs import Verbs


class Hub:
    """Everything a client can do with its own connection."""

    def __init__(
        self,
        accounts: Accounts,
        connections: Connections,
        gateway: Gateway,
        verbs: Verbs,
        clock: Clock,
        deadlines: Deadlines,
        probe_ms: int,
    ) -> None:
        self._accounts = accounts
        self._connections = connections
        self._gateway = gateway
        self._verbs = verbs
        self._clock = clock
        self._deadlines = deadlines
        self._probe_ms = probe_ms

    def connect(self, connection_id: ConnectionId, token: str | None) -> Principal:
        """Lets the bearer of a good token in; nothing is stored for anybody else.

        Raises: Unauthorized.
        """
        principal, now = self._authenticate(token), self._clock()
        topics = frozenset[Pattern](implicit_topics(principal))
        connection = Connection(connection_id, principal, now, topics)
        # Before anything else: whatever becomes of the rest, the sweep will come upon it.
        self._deadlines.put([next_deadline(connection, now, self._probe_ms)])
        self._connections.open(connection)
        return principal

    def disconnect(self, connection_id: ConnectionId) -> Connection | None:
        """Forgets the connection; the gateway has closed it already."""
        return self._connections.close(connection_id)

    def refuse(self, connection_id: ConnectionId) -> Outcome:
        """Tells a connection that it was never let in, and closes it.

        A custom close code is nothing API Gateway can send, so the code goes in a frame before.
        """
        outcome = self._gateway.post(
            connection_id, encode(error_frame(Unauthorized(), self._clock()))
        )
        if outcome is Outcome.POSTED:
            self._gateway.disconnect(connection_id)
        return outcome

    def receive(self, connection_id: ConnectionId, text: str) -> list[Frame]:
        """Answers a client's frame and posts the answers in order; returns them.

        A connection without a row is one that was refused: it hears so again.
        """
        frames = self._answer(connection_id, text)
        self.reply(connection_id, frames)
        return frames

    def reply(self, connection_id: ConnectionId, frames: Iterable[Frame]) -> None:
        """Posts the frames one after another; closes the connection behind a fatal one, and behind
        a notification that was not taken: what follows would say that it had arrived. The client
        comes back and resumes.
        """
        for frame in frames:
            outcome = self._gateway.post(connection_id, encode(frame))
            if outcome is Outcome.GONE:
                self._connections.close(connection_id)
                return
            fatal = isinstance(frame, ErrorFrame) and frame.fatal
            lost = isinstance(frame, NotificationFrame) and outcome is Outcome.FAILED
            if fatal or lost:
                self._gateway.disconnect(connection_id)
                self._connections.close(connection_id)
                return

    def _authenticate(self, token: str | None) -> Principal:
        try:
            return self._accounts.authenticate(token)
        except TokenExpired as error:
            # 4002 is for a connection that was open; who knocks with a stale token is not let in.
            raise Unauthorized from error

    def _answer(self, connection_id: ConnectionId, text: str) -> list[Frame]:
        now = self._clock()
        try:
            connection = self._connections.get(connection_id)
            if connection is None:
                raise Unauthorized
            if connection.principal.token_expires_at <= now:
                raise TokenExpired
            message = parse_message(text)
            return self._verbs[type(message)](connection, message, now)
        except HeliographError as error:
            return [error_frame(error, now, message_id(text))]
