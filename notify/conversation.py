"""A client's frames are answered, one after another."""

from collections.abc import Iterable
from contextlib import suppress

from notify.errors import ConnectionLimit, HeliographError, TokenExpired, Unauthorized, Unavailable
from notify.frame_limits import FrameLimits, cost_of
from notify.frames import ErrorFrame, Frame, NotificationFrame, encode, error_frame
from notify.hub import refused_key
from notify.messages import Ping, message_id, parse_message
from notify.model import ConnectionId
from notify.ports import Clock, Connections, Gateway, Limits, Outcome
from notify.verbs import Verbs


class Conversation:
    """Everything a client can do with its own connection while it is open."""

    def __init__(
        self,
        connections: Connections,
        gateway: Gateway,
        verbs: Verbs,
        frame_limits: FrameLimits,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._connections = connections
        self._gateway = gateway
        self._verbs = verbs
        self._frame_limits = frame_limits
        self._limits = limits
        self._clock = clock

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
                # What a busy store keeps, $disconnect or the sweep removes.
                with suppress(Unavailable):
                    self._connections.close(connection_id)
                return

    def _answer(self, connection_id: ConnectionId, text: str) -> list[Frame]:
        now = self._clock()
        try:
            self._frame_limits.count(connection_id)
            connection = self._connections.get(connection_id)
            if connection is None:
                raise self._refusal(connection_id, now)
            if connection.principal.token_expires_at <= now:
                raise TokenExpired
            message = parse_message(text)
            if not isinstance(message, Ping):
                self._frame_limits.spend(connection_id, cost_of(message))
            return self._verbs[type(message)](connection, message, now)
        except HeliographError as error:
            return [error_frame(error, now, message_id(text))]

    def _refusal(self, connection_id: ConnectionId, now: int) -> HeliographError:
        refused, _ = self._limits.read(refused_key(connection_id), now)
        return ConnectionLimit() if refused else Unauthorized()
