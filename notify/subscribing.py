"""Topics that a connection asks for and gives back."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from notify.errors import Conflict, Forbidden, HeliographError, Invalid, Unknown
from notify.frames import Frame, MessageId, Subscribed, Unsubscribed, error_frame
from notify.messages import Subscribe, SubscribePattern, Unsubscribe, UnsubscribePattern
from notify.model import Connection, Pattern, timestamp
from notify.ports import Connections
from notify.reasons import Reason
from notify.resuming import MAX_REPLAYED_IN_ALL, Resuming, Resumption
from notify.topics import (
    ANYTHING,
    MAX_SUBSCRIPTIONS,
    TopicPolicy,
    feeds,
    implicit_topics,
    parse_pattern,
)

Refusal = tuple[str, HeliographError]


class Subscribing:
    """Each topic is decided for itself."""

    def __init__(self, connections: Connections, resuming: Resuming, policy: TopicPolicy) -> None:
        self._connections = connections
        self._resuming = resuming
        self._policy = policy

    def subscribe(
        self, connection: Connection, message: Subscribe | SubscribePattern, now: int
    ) -> list[Frame]:
        """What was missed since a position follows the `subscribed` of its topic."""
        since = dict(message.since)
        left = MAX_REPLAYED_IN_ALL
        holder = connection

        def answer(topic: str) -> list[Frame]:
            nonlocal left, holder
            pattern = self._add(holder, topic)
            holder = replace(holder, topics=holder.topics | {pattern})
            mine = {name: given for name, given in since.items() if feeds(Pattern(name), pattern)}
            resumption = self._resuming.resume(holder, [pattern], mine, now, left)
            left -= len(resumption.frames)
            # A stream that feeds the next topic too is replayed once.
            since.update(_served(resumption))
            return [_subscribed(pattern, resumption, now, message.id), *resumption.frames]

        return _answer_each(message.topics, answer, now, message.id)

    def unsubscribe(
        self, connection: Connection, message: Unsubscribe | UnsubscribePattern, now: int
    ) -> list[Frame]:
        def answer(topic: str) -> list[Frame]:
            pattern = self._remove(connection, topic)
            return [Unsubscribed(pattern, pattern, timestamp(now), id=message.id)]

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
            else:
                connection = replace(connection, topics=connection.topics | {added[-1]})
        return added, refused

    def _add(self, connection: Connection, topic: str) -> Pattern:
        pattern = parse_pattern(topic)
        try:
            return self._add_as(connection, pattern)
        except Conflict:
            # A new token has come meanwhile (`auth`), and may allow less, or more.
            return self._add_as(self._current(connection), pattern)

    def _add_as(self, connection: Connection, pattern: Pattern) -> Pattern:
        if not self._policy.may_subscribe(connection.principal, pattern):
            raise Forbidden(f"not allowed: {pattern}")
        if pattern == ANYTHING:
            raise Invalid("topic: a subscription may end in :*, but * alone is none")
        limit = MAX_SUBSCRIPTIONS + len(implicit_topics(connection.principal))
        self._connections.subscribe(connection, pattern, limit)
        return pattern

    def _remove(self, connection: Connection, topic: str) -> Pattern:
        pattern = parse_pattern(topic)
        if pattern in implicit_topics(connection.principal):
            raise Forbidden(f"every connection of yours keeps {pattern}")
        try:
            self._connections.unsubscribe(connection, pattern)
        except Conflict:
            self._connections.unsubscribe(self._current(connection), pattern)
        return pattern

    def _current(self, connection: Connection) -> Connection:
        current = self._connections.get(connection.id)
        if current is None:
            raise Unknown("the connection is closed")
        return current


def _subscribed(pattern: Pattern, resumption: Resumption, now: int, id: MessageId) -> Subscribed:
    own = resumption.streams.pop(pattern)
    frame = Subscribed(
        pattern, pattern, own.epoch, own.seq, timestamp(now), streams=resumption.streams, id=id
    )
    if own.reason is Reason.NO_POSITION:
        return frame
    return replace(
        frame,
        recovered=own.recovered,
        replayed=own.replayed,
        has_more=own.has_more,
        reason=own.reason,
    )


def _served(resumption: Resumption) -> dict[str, Any]:
    """Where the streams that were resumed were left."""
    return {
        stream: {"epoch": resumed.epoch, "seq": resumed.seq}
        for stream, resumed in resumption.streams.items()
        if resumed.epoch is not None and resumed.reason is not Reason.NO_POSITION
    }


def _answer_each(
    topics: list[str], answer: Callable[[str], list[Frame]], now: int, id: MessageId
) -> list[Frame]:
    """Each topic's frames, an error where it is refused: it never costs the others."""
    frames: list[Frame] = []
    for topic in dict.fromkeys(topics):
        try:
            frames += answer(topic)
        except HeliographError as error:
            frames.append(error_frame(error, now, id, topic))
    return frames
