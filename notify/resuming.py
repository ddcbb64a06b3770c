"""Resuming: where the streams stand, and what was missed since a position in them."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import UNSET, Struct
from msgspec.structs import replace

from notify.errors import Invalid
from notify.feeding import Fed, Feeding
from notify.frames import NotificationFrame, Resumed
from notify.model import Connection, Pattern, Position, Username
from notify.parsing import MAX_REPLAYED, Seq, convert
from notify.ports import Streams
from notify.reading import Reader
from notify.reasons import Reason
from notify.topics import feeds, parse_pattern

MAX_REPLAYED_IN_ALL = 200


class GivenPosition(Struct, frozen=True):
    """A position as a client gives it back."""

    epoch: str
    seq: Seq


class Resumption(Struct):
    """What became of each stream, and what is replayed of them, in order."""

    streams: dict[str, Resumed] = {}
    frames: list[NotificationFrame] = []


class Resuming:
    """To be asked once the subscriptions are made: what is stored from then on is pushed, and what
    was stored before is found here, so that nothing falls in between."""

    def __init__(self, feeding: Feeding, streams: Streams, reader: Reader) -> None:
        self._feeding = feeding
        self._streams = streams
        self._reader = reader

    def resume(
        self,
        connection: Connection,
        topics: Iterable[Pattern],
        positions: Mapping[str, Any],
        now: int,
        most: int = MAX_REPLAYED_IN_ALL,
    ) -> Resumption:
        """Each stream that feeds one of the connection's `topics`, and each that a position is
        given in; at most `most` notifications are replayed."""
        topics = frozenset(topics)
        fed = self._feeding.look_up(topics)
        outcome = Resumption()
        starts = self._starts(connection, positions, fed, outcome)
        starts |= _born_since(topics, starts, fed, positions)
        for stream, head in fed.heads.items():
            if stream in outcome.streams:
                outcome.streams[stream] = _lost(head, Reason.INVALID)
            elif stream not in starts and (head.seq or stream in topics):
                outcome.streams[stream] = _lost(head, Reason.NO_POSITION)
        for stream, position in starts.items():
            left = min(MAX_REPLAYED, most - len(outcome.frames))
            reader = connection.principal.username
            resumed, frames = self._replay(stream, position, fed.heads[stream], reader, left, now)
            outcome.streams[stream] = resumed
            outcome.frames += frames
        _admit_crowds(fed, outcome)
        return outcome

    def _starts(
        self,
        connection: Connection,
        positions: Mapping[str, Any],
        fed: Fed,
        outcome: Resumption,
    ) -> dict[Pattern, Position]:
        """The positions that are some, of streams that the connection may read."""
        starts: dict[Pattern, Position] = {}
        for name, given in positions.items():
            try:
                starts[parse_pattern(name)] = _parse_position(given)
            except Invalid:
                outcome.streams[name] = _lost(None, Reason.INVALID)
        for stream in [stream for stream in starts if stream not in fed.heads]:
            reason = self._feeding.refusal(connection, stream)
            head = None if reason else self._streams.begun([stream]).get(stream)
            if head is None:
                outcome.streams[stream] = _lost(None, reason or Reason.EPOCH_CHANGED)
                del starts[stream]
            else:
                fed.heads[stream] = head
        return starts

    def _replay(
        self,
        stream: Pattern,
        position: Position,
        head: Position,
        reader: Username,
        limit: int,
        now: int,
    ) -> tuple[Resumed, tuple[NotificationFrame, ...]]:
        if position.epoch != head.epoch:
            return _lost(head, Reason.EPOCH_CHANGED), ()
        if not self._reader.reaches(stream, position.seq, head, now):
            return _lost(head, Reason.POSITION_AHEAD), ()
        if limit <= 0:
            return Resumed(head.epoch, position.seq, recovered=True, has_more=True), ()
        stretch = self._reader.read(stream, position.seq, head, reader, limit, now)
        resumed = Resumed(
            head.epoch,
            stretch.through,
            recovered=stretch.gap is None,
            replayed=len(stretch.frames),
            has_more=stretch.more,
            reason=UNSET if stretch.gap is None else Reason.EXPIRED,
        )
        return resumed, stretch.frames


def _parse_position(given: Any) -> Position:
    position = convert(given, GivenPosition)
    return Position(position.epoch, position.seq)


def _lost(head: Position | None, reason: Reason) -> Resumed:
    """Nothing is replayed; the client goes on from the head."""
    epoch, seq = (head.epoch, head.seq) if head else (None, None)
    return Resumed(epoch, seq, recovered=False, reason=reason)


def _born_since(
    topics: frozenset[Pattern],
    starts: Mapping[Pattern, Position],
    fed: Fed,
    positions: Mapping[str, Any],
) -> dict[Pattern, Position]:
    """Every stream that has begun is named to a subscriber. So one that feeds a resumed topic, but
    is missing among the positions, began after they were told."""
    resumed = topics & starts.keys()
    return {
        stream: Position(head.epoch, 0)
        for stream, head in fed.heads.items()
        if stream not in positions and stream not in topics
        if any(feeds(stream, topic) for topic in resumed)
    }


def _admit_crowds(fed: Fed, outcome: Resumption) -> None:
    for wildcard in fed.crowded:
        resumed = outcome.streams[wildcard]
        if resumed.reason in (UNSET, Reason.NO_POSITION):
            outcome.streams[wildcard] = replace(
                resumed, recovered=False, reason=Reason.TOO_MANY_TOPICS
            )
