"""Numbered notifications in DynamoDB, without holes and without a lock."""

from contextlib import suppress

from msgspec.structs import replace
from pynamodb.exceptions import DoesNotExist, PutError, UpdateError

from infra.stores.border import condition_failed, translated
from infra.tables import NotificationRow, TopicRow
from notify.errors import Unavailable
from notify.frames import NotificationFrame, encode
from notify.model import Pattern, Position
from notify.ports import NewId
from notify.topics import root

MAX_TRIES = 64


class DynamoStreams:
    """A number is taken by writing the notification under it, and only if nobody has.

    So number n exists before anybody can take n + 1: a reader who has seen n has missed nothing
    below it. (A counter that is raised first would hand out 7 and 8 and let 8 be seen before 7.)
    """

    def __init__(self, new_id: NewId) -> None:
        self._new_id = new_id

    @translated
    def head(self, stream: Pattern) -> Position:
        try:
            row = TopicRow.get(root(stream), stream, consistent_read=True)
        except DoesNotExist:
            return self._begin(stream)
        if not row.epoch:
            return self._begin(stream)
        return Position(row.epoch, int(row.seq or 0))

    @translated
    def append(self, frame: NotificationFrame, expires_at: int) -> NotificationFrame:
        stream = Pattern(frame.stream)
        head = self.head(stream)
        for seq in range(head.seq + 1, head.seq + 1 + MAX_TRIES):
            numbered = replace(frame, epoch=head.epoch, seq=seq)
            if _put(numbered, expires_at):
                # It is stored. That the head lags behind costs the next writer a try.
                with suppress(Unavailable):
                    _advance(stream, seq)
                return numbered
        raise Unavailable("the stream is busy: try again")

    def _begin(self, stream: Pattern) -> Position:
        row = TopicRow(root(stream), stream)
        row.update(actions=[TopicRow.epoch.set(TopicRow.epoch | self._new_id()[-8:])])
        return Position(str(row.epoch), int(row.seq or 0))


def _put(frame: NotificationFrame, expires_at: int) -> bool:
    row = NotificationRow(
        frame.stream,
        frame.seq,
        id=frame.id,
        frame=encode(frame).decode(),
        expires_at=expires_at // 1000,
    )
    try:
        row.save(condition=NotificationRow.stream.does_not_exist())
    except PutError as error:
        if condition_failed(error):
            return False
        raise
    return True


@translated
def _advance(stream: Pattern, seq: int) -> None:
    """Where the next writer begins to look."""
    try:
        TopicRow(root(stream), stream).update(
            actions=[TopicRow.seq.set(seq)],
            condition=TopicRow.seq.does_not_exist() | (TopicRow.seq < seq),
        )
    except UpdateError as error:
        if not condition_failed(error):  # another writer is further already
            raise
