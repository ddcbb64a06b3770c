"""Acknowledgements: up to which number of a stream everything has arrived."""

from contextlib import suppress

from msgspec import UNSET

from notify.errors import Invalid, Unavailable, Unknown
from notify.feeding import Feeding, refused
from notify.frames import Acked, Frame
from notify.messages import Ack
from notify.model import Connection, Pattern
from notify.ports import Connections, Counts, Streams
from notify.reading import Reader
from notify.topics import parse_pattern


class Acking:
    """Kept with the connection and counted. What is delivered, or replayed, depends on none."""

    def __init__(
        self,
        feeding: Feeding,
        connections: Connections,
        streams: Streams,
        reader: Reader,
        counts: Counts,
    ) -> None:
        self._feeding = feeding
        self._connections = connections
        self._streams = streams
        self._reader = reader
        self._counts = counts

    def ack(self, connection: Connection, message: Ack, now: int) -> list[Frame]:
        """Answered only if it has an `id`. An ack behind an earlier one changes nothing.

        Raises: Forbidden, Unknown, Invalid beyond the stream's head.
        """
        stream = parse_pattern(message.stream, "stream")
        if reason := self._feeding.refusal(connection, stream):
            raise refused(reason, stream)
        self._require_reached(stream, message.seq, now)
        if self._connections.acknowledge(connection.id, stream, message.seq):
            # It is kept. To be told 503 would only have it sent again.
            with suppress(Unavailable):
                self._counts.add({"acked": 1})
        return [] if message.id is UNSET else [Acked(stream, message.seq, id=message.id)]

    def _require_reached(self, stream: Pattern, seq: int, now: int) -> None:
        head = self._streams.begun([stream]).get(stream)
        if head is None:
            raise Unknown(f"nothing was ever stored in {stream}")
        if not self._reader.reaches(stream, seq, head, now):
            raise Invalid("seq: beyond the head of the stream")
