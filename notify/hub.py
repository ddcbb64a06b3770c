"""A connection opens, or is refused, and closes."""

from notify.admission import Admission
from notify.codes import Code
from notify.errors import ConnectionLimit, Unauthorized
from notify.frames import encode, error_frame
from notify.model import Connection, ConnectionId, Principal
from notify.ports import Clock, Connections, Gateway, Limits, Outcome

# A refused connection is told so and closed within seconds; this is how long it is remembered.
REFUSED_MS = 60_000


class Hub:
    """Who comes and goes."""

    def __init__(
        self,
        admission: Admission,
        connections: Connections,
        gateway: Gateway,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._admission = admission
        self._connections = connections
        self._gateway = gateway
        self._limits = limits
        self._clock = clock

    def connect(self, connection_id: ConnectionId, token: str | None) -> Principal:
        """Lets the bearer of a good token or ticket in; no connection is stored for anybody else.

        Raises: Unauthorized, ConnectionLimit.
        """
        try:
            return self._admission.open(connection_id, token)
        except ConnectionLimit:
            # A client speaks as soon as it is let in, and should hear the same as by the queue.
            now = self._clock()
            self._limits.add(refused_key(connection_id), 1, now + REFUSED_MS, now)
            raise

    def disconnect(self, connection_id: ConnectionId) -> Connection | None:
        """Forgets the connection; the gateway has closed it already."""
        return self._connections.close(connection_id)

    def refuse(self, connection_id: ConnectionId, code: Code = Code.UNAUTHORIZED) -> Outcome:
        """Tells a connection why it was never let in, and closes it.

        A custom close code is nothing API Gateway can send, so the code goes in a frame before.
        """
        error = ConnectionLimit() if code is Code.CONNECTION_LIMIT else Unauthorized()
        outcome = self._gateway.post(connection_id, encode(error_frame(error, self._clock())))
        if outcome is Outcome.POSTED:
            self._gateway.disconnect(connection_id)
        return outcome


def refused_key(connection_id: ConnectionId) -> str:
    """Under which it is remembered that a connection was refused for being one too many."""
    return f"refused:{connection_id}"
