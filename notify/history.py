"""The history of a topic over HTTP: what is stored in its stream, in order, page by page."""

from notify.answers.history import HistoryAnswer
from notify.errors import Forbidden
from notify.model import Principal
from notify.ports import Clock, Streams
from notify.reading import Reader
from notify.requests import HistoryQuery
from notify.topics import TopicPolicy, parse_pattern, stream_of


class History:
    """For whoever may read the topic's stream."""

    def __init__(self, streams: Streams, reader: Reader, policy: TopicPolicy, clock: Clock) -> None:
        self._streams = streams
        self._reader = reader
        self._policy = policy
        self._clock = clock

    def read(self, by: Principal, topic: str, query: HistoryQuery) -> HistoryAnswer:
        """What of it follows `query.after_seq`. Raises: Invalid, Forbidden."""
        stream = stream_of(parse_pattern(topic))
        if not self._policy.may_read(by, stream):
            raise Forbidden(f"not allowed: {stream}")
        head = self._streams.begun([stream]).get(stream)
        if head is None:
            return HistoryAnswer(stream, None, [], 0, has_more=False)
        after = min(query.after_seq, head.seq)
        stretch = self._reader.read(stream, after, head, by.username, query.limit, self._clock())
        return HistoryAnswer(
            stream, head.epoch, list(stretch.frames), stretch.through, stretch.more
        )
