"""Replaying on request what follows a position, for a client that was told that there is more."""

from notify.errors import Unrecoverable
from notify.feeding import Feeding, refused
from notify.frames import Frame, Replayed
from notify.messages import Replay
from notify.model import Connection, Pattern, Position
from notify.ports import Streams
from notify.reading import Reader
from notify.reasons import Reason
from notify.topics import parse_pattern


class Replaying:
    """One stream at a time, up to the first number that is missing."""

    def __init__(self, feeding: Feeding, streams: Streams, reader: Reader) -> None:
        self._feeding = feeding
        self._streams = streams
        self._reader = reader

    def replay(self, connection: Connection, message: Replay, now: int) -> list[Frame]:
        """The notifications, then where they end.

        Raises: Forbidden, Unknown, Invalid; Unrecoverable naming the reason and where to go on.
        """
        stream = parse_pattern(message.stream, "stream")
        if reason := self._feeding.refusal(connection, stream):
            raise refused(reason, stream)
        head = self._head(stream, message, now)
        username, after = connection.principal.username, message.after_seq
        stretch = self._reader.read(stream, after, head, username, message.limit, now)
        if stretch.beyond is not None and stretch.gap == after + 1:
            raise Unrecoverable(Reason.EXPIRED, Position(head.epoch, stretch.beyond))
        # The next replay begins in front of the gap and is told of it.
        through = stretch.through if stretch.gap is None else stretch.gap - 1
        return [
            *(frame for frame in stretch.frames if (frame.seq or 0) <= through),
            Replayed(
                stream, head.epoch, through, stretch.more or stretch.gap is not None, id=message.id
            ),
        ]

    def _head(self, stream: Pattern, message: Replay, now: int) -> Position:
        head = self._streams.begun([stream]).get(stream)
        if head is None or head.epoch != message.epoch:
            raise Unrecoverable(Reason.EPOCH_CHANGED, head)
        if not self._reader.reaches(stream, message.after_seq, head, now):
            raise Unrecoverable(Reason.POSITION_AHEAD, head)
        return head
