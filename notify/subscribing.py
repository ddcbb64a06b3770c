"""Topics that a connection asks for and gives back."""

from collections.abc import Callable

from notify.errors import Forbidden, HeliographError, Invalid
from notify.frames import Frame, Subscribed, Unsubscribed, error_frame
from notify.messages import MessageId, Subscribe, SubscribePattern, Unsubscribe, UnsubscribePattern
from notify.model import Connection, Pattern, timestamp
from notify.ports import Connections, Streams
from notify.topics import ANYTHING, MAX_SUBSCRIPTIONS, TopicPolicy, implicit_topics, parse_pattern

Refusal = tuple[str, HeliographError]


class Subscribing:
    """Each topic is decided for itself."""

    def __init__(self, connections: Connections, streams: Streams, policy: TopicPolicy) -> None:
        self._connections = connections
        self._streams = streams
        self._policy = policy

    def subscribe(
        self, connection: Connection, message: Subscribe | SubscribePattern, now: int
    ) -> list[Frame]:
        def answer(topic: str) -> Frame:
            return self._subscribed(self._add(connection, topic), now, message.id)

        return _answer_each(message.topics, answer, now, message.id)

    def unsubscribe(
        self, connection: Connection, message: Unsubscribe | UnsubscribePattern, now: int
    ) -> list[Frame]:
        def answer(topic: str) -> Frame:
            pattern = self._remove(connection, topic)
            return Unsubscribed(pattern, pattern, timestamp(now), id=message.id)

        return _answer_each(message.topics, answer, now, message.id)

    def add_all(
        self, connection: Connection, topics: list[str]
    ) -> tuple[list[Pattern], list[Refusal]]:
        """One refused topic never costs the others."""
        added: list[Pattern] = []
        refused: list[Refusal] = []
        for topic in dict.fromkeys(topics):
            try:
                added.append(self._add(connection, topic))
            except HeliographError as error:
                refused.append((topic, error))
        return added, refused

    def _add(self, connection: Connection, topic: str) -> Pattern:
        pattern = parse_pattern(topic)
        if not self._policy.may_subscribe(connection.principal, pattern):
            raise Forbidden(f"not allowed: {pattern}")
        if pattern == ANYTHING:
            raise Invalid("topic: a subscription may end in :*, but * alone is none")
        limit = MAX_SUBSCRIPTIONS + len(implicit_topics(connection.principal))
        self._connections.subscribe(connection, pattern, limit)
        return pattern

    def _subscribed(self, pattern: Pattern, now: int, id: MessageId) -> Frame:
        head = self._streams.head(pattern)
        return Subscribed(pattern, pattern, head.epoch, head.seq, timestamp(now), id=id)

    def _remove(self, connection: Connection, topic: str) -> Pattern:
        pattern = parse_pattern(topic)
        if pattern in implicit_topics(connection.principal):
            raise Forbidden(f"every connection of yours keeps {pattern}")
        self._connections.unsubscribe(connection, pattern)
        return pattern


def _answer_each(
    topics: list[str], answer: Callable[[str], Frame], now: int, id: MessageId
) -> list[Frame]:
    """One frame a topic, an error where it is refused: it never costs the others."""
    frames: list[Frame] = []
    for topic in dict.fromkeys(topics):
        try:
            frames.append(answer(topic))
        except HeliographError as error:
            frames.append(error_frame(error, now, id, topic))
    return frames
