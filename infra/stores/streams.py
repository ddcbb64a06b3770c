"""Numbered notifications in DynamoDB, without holes and without a lock."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from itertools import islice

import msgspec
from msgspec.structs import replace

from infra.rows import Action, Condition, DoesNotExist, PutError, UpdateError
from infra.stores.border import condition_failed, translated
from infra.stores.directory import topic_rows
from infra.tables import NotificationRow, TopicRow
from notify.errors import Unavailable
from notify.frames import NotificationFrame, StoredNotification, encode
from notify.model import Pattern, Position, Username
from notify.ports import Branch, NewId, StreamPage
from notify.topics import root

MAX_TRIES = 64
TRIES_NEARBY = 8
FIND_PAGE = 20
SKEW_MS = 60_000  # how far the clocks of two machines may be apart
_DECODER = msgspec.json.Decoder(NotificationFrame)


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
    def heads(self, streams: Iterable[Pattern]) -> dict[Pattern, Position]:
        streams = list(dict.fromkeys(streams))
        begun = self.begun(streams)
        return {stream: begun.get(stream) or self._begin(stream) for stream in streams}

    @translated
    def begun(self, streams: Iterable[Pattern]) -> dict[Pattern, Position]:
        return _heads(topic_rows(dict.fromkeys(streams), consistent=True).values())

    @translated
    def below(self, wildcard: Pattern, limit: int) -> Branch:
        prefix = wildcard.removesuffix("*")
        rows = list(
            TopicRow.query(
                root(wildcard),
                TopicRow.topic.startswith(prefix),
                consistent_read=True,
                limit=limit + 2,  # one for the wildcard itself, one to see that there are more
            )
        )
        below = [row for row in rows if row.topic != wildcard]
        return Branch(_heads(below[:limit]), more=len(below) > limit)

    @translated
    def append(
        self,
        frame: NotificationFrame,
        at: int,
        expires_at: int,
        excluded: frozenset[Username] = frozenset(),
    ) -> NotificationFrame:
        stream = Pattern(frame.stream)
        head = self.head(stream)
        for seq in islice(_numbers_behind(stream, head.seq), MAX_TRIES):
            numbered = replace(frame, epoch=head.epoch, seq=seq)
            if _put(StoredNotification(numbered, at, expires_at, excluded)):
                # It is stored. That the head lags behind costs the next writer a try.
                with suppress(Unavailable):
                    _advance(stream, seq)
                return numbered
        raise Unavailable("the stream is busy: try again")

    @translated
    def after(self, stream: Pattern, seq: int, limit: int, now: int) -> StreamPage:
        rows = _rows(stream, NotificationRow.seq > seq, limit, forward=True)
        through = int(rows[-1].seq) if rows else seq
        return _page(rows, through, len(rows) == limit, now)

    @translated
    def before(self, stream: Pattern, seq: int | None, limit: int, now: int) -> StreamPage:
        condition = None if seq is None else NotificationRow.seq < seq
        rows = _rows(stream, condition, limit, forward=False)
        through = int(rows[-1].seq) if rows else 1
        return _page(rows, through, len(rows) == limit, now)

    @translated
    def numbered(
        self, places: Collection[tuple[Pattern, int]]
    ) -> dict[tuple[Pattern, int], StoredNotification]:
        rows = NotificationRow.batch_get(places, consistent_read=True)
        return {(Pattern(row.stream), int(row.seq)): _stored(row) for row in rows}

    @translated
    def reached(self, stream: Pattern, seq: int) -> None:
        _advance(stream, seq)

    @translated
    def find(self, stream: Pattern, notification_id: str, since: int) -> NotificationFrame | None:
        for row in NotificationRow.query(
            stream, scan_index_forward=False, consistent_read=True, page_size=FIND_PAGE
        ):
            if row.at < since - SKEW_MS:
                return None
            if row.id == notification_id:
                return _stored(row).frame
        return None

    def _begin(self, stream: Pattern) -> Position:
        """A new epoch, behind whatever an earlier one has left."""
        last = _rows(stream, None, 1, forward=False)
        row = TopicRow(root(stream), stream)
        actions: list[Action] = [TopicRow.epoch.set(TopicRow.epoch | self._new_id()[-8:])]
        if last:
            actions.append(TopicRow.seq.set(TopicRow.seq | int(last[0].seq)))
        row.update(actions=actions)
        return Position(str(row.epoch), int(row.seq or 0))


def _heads(rows: Iterable[TopicRow]) -> dict[Pattern, Position]:
    return {Pattern(row.topic): Position(row.epoch, int(row.seq or 0)) for row in rows if row.epoch}


def _rows(
    stream: Pattern, condition: Condition | None, limit: int, *, forward: bool
) -> list[NotificationRow]:
    """PynamoDB reads on where a page of 1 MB ends before the limit."""
    return list(
        NotificationRow.query(
            stream, condition, consistent_read=True, limit=limit, scan_index_forward=forward
        )
    )


def _numbers_behind(stream: Pattern, seq: int) -> Iterator[int]:
    """Numbers to try. Writers take a few of them at the same time; a head that lags far behind, as
    a restored one does, has all of them taken, up to the end of the stream."""
    for _ in range(TRIES_NEARBY):
        yield (seq := seq + 1)
    while True:
        last = _rows(stream, None, 1, forward=False)
        yield (seq := max(seq, int(last[0].seq) if last else 0) + 1)


def _page(rows: list[NotificationRow], through: int, more: bool, now: int) -> StreamPage:
    # DynamoDB's TTL deletes hours late.
    alive = tuple(_stored(row) for row in rows if row.expires_at * 1000 > now)
    return StreamPage(alive, through, more)


def _stored(row: NotificationRow) -> StoredNotification:
    return StoredNotification(
        frame=_DECODER.decode(row.frame),
        at=int(row.at),
        expires_at=int(row.expires_at) * 1000,
        excluded=frozenset(Username(name) for name in row.excluded or ()),
    )


def _put(stored: StoredNotification) -> bool:
    frame = stored.frame
    row = NotificationRow(
        frame.stream,
        frame.seq,
        id=frame.id,
        frame=encode(frame).decode(),
        at=stored.at,
        excluded=set(stored.excluded) or None,  # DynamoDB knows no empty set
        expires_at=stored.expires_at // 1000,
    )
    try:
        row.save(condition=NotificationRow.stream.does_not_exist())
    except PutError as error:
        if condition_failed(error):
            return _is_own(frame)
        raise
    return True


def _is_own(frame: NotificationFrame) -> bool:
    """DynamoDB's client repeats a write whose answer is lost, and then finds what it wrote."""
    try:
        return NotificationRow.get(frame.stream, frame.seq, consistent_read=True).id == frame.id
    except DoesNotExist:  # it has expired meanwhile
        return False


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
