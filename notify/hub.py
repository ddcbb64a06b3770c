"""A connection opens, or is refused, and closes."""

from collections.abc import Mapping

from notify.admission import Admission
from notify.codes import Code
from notify.errors import ConnectionLimit, HeliographError, Unauthorized
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

    def refuse_each(self, codes: Mapping[ConnectionId, Code]) -> Mapping[ConnectionId, Outcome]:
        """Tells connections why they were never let in, and closes those that heard it.

        A custom close code is nothing API Gateway can send, so the code goes in a frame before.
        """
        now = self._clock()
        outcomes = dict(
            self._gateway.post_each(
                {each: encode(error_frame(_refusal(code), now)) for each, code in codes.items()}
            )
        )
        told = [each for each, outcome in outcomes.items() if outcome is Outcome.POSTED]
        self._gateway.disconnect_each(told)
        return outcomes


def _refusal(code: Code) -> HeliographError:
    return ConnectionLimit() if code is Code.CONNECTION_LIMIT else Unauthorized()


def refused_key(connection_id: ConnectionId) -> str:
    """Under which it is remembered that a connection was refused for being one too many."""
    return f"refused:{connection_id}"
