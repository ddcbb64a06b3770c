"""The life of a connection: it opens, says hello, subscribes, and closes."""

from collections.abc import Callable, Iterable

from notify.accounts import Accounts
from notify.errors import (
    Forbidden,
    HeliographError,
    Invalid,
    TokenExpired,
    Unauthorized,
    UnsupportedProtocol,
)
from notify.frames import (
    ErrorFrame,
    Frame,
    Pong,
    Subscribed,
    Unsubscribed,
    Welcome,
    encode,
    error_frame,
)
from notify.messages import (
    PROTOCOL,
    Hello,
    Message,
    MessageId,
    Ping,
    Subscribe,
    SubscribePattern,
    message_id,
    parse_message,
)
from notify.model import MAX_AGE_MS, Connection, ConnectionId, Pattern, Principal, timestamp
from notify.ports import Clock, Connections, Gateway, Outcome, Streams
from notify.topics import ANYTHING, MAX_SUBSCRIPTIONS, TopicPolicy, implicit_topics, parse_pattern

# API Gateway closes a connection that is idle for ten minutes. Pings are the bill: few as can be.
PING_INTERVAL_MS = 9 * 60 * 1000

Refusal = tuple[str, HeliographError]


class Hub:
    """Everything a client can do with its own connection."""

    def __init__(
        self,
        accounts: Accounts,
        connections: Connections,
        streams: Streams,
        gateway: Gateway,
        policy: TopicPolicy,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._connections = connections
        self._streams = streams
        self._gateway = gateway
        self._policy = policy
        self._clock = clock

    def connect(self, connection_id: ConnectionId, token: str | None) -> Principal:
        """Lets the bearer of a good token in; nothing is stored for anybody else.

        Raises: Unauthorized.
        """
        principal = self._authenticate(token)
        topics = frozenset[Pattern](implicit_topics(principal))
        self._connections.open(Connection(connection_id, principal, self._clock(), topics))
        return principal

    def disconnect(self, connection_id: ConnectionId) -> Connection | None:
        """Forgets the connection; the gateway has closed it already."""
        return self._connections.close(connection_id)

    def refuse(self, connection_id: ConnectionId) -> Outcome:
        """Tells a connection that it was never let in, and closes it.

        A custom close code is nothing API Gateway can send, so the code goes in a frame before.
        """
        outcome = self._gateway.post(
            connection_id, encode(error_frame(Unauthorized(), self._clock()))
        )
        if outcome is Outcome.POSTED:
            self._gateway.disconnect(connection_id)
        return outcome

    def receive(self, connection_id: ConnectionId, text: str) -> list[Frame]:
        """Answers a client's frame and posts the answers in order; returns them.

        A connection without a row is one that was refused: it hears so again.
        """
        frames = self._answer(connection_id, text)
        self.reply(connection_id, frames)
        return frames

    def reply(self, connection_id: ConnectionId, frames: Iterable[Frame]) -> None:
        """Posts the frames one after another; closes the connection behind a fatal one."""
        for frame in frames:
            outcome = self._gateway.post(connection_id, encode(frame))
            if outcome is Outcome.GONE:
                self._connections.close(connection_id)
                return
            if isinstance(frame, ErrorFrame) and frame.fatal:
                self._gateway.disconnect(connection_id)
                self._connections.close(connection_id)
                return

    def _authenticate(self, token: str | None) -> Principal:
        try:
            return self._accounts.authenticate(token)
        except TokenExpired as error:
            # 4002 is for a connection that was open; who knocks with a stale token is not let in.
            raise Unauthorized from error

    def _answer(self, connection_id: ConnectionId, text: str) -> list[Frame]:
        now = self._clock()
        try:
            connection = self._connections.get(connection_id)
            if connection is None:
                raise Unauthorized
            if connection.principal.token_expires_at <= now:
                raise TokenExpired
            return self._dispatch(connection, parse_message(text), now)
        except HeliographError as error:
            return [error_frame(error, now, message_id(text))]

    def _dispatch(self, connection: Connection, message: Message, now: int) -> list[Frame]:
        match message:
            case Ping():
                return [Pong(timestamp(now), id=message.id)]
            case Hello():
                return self._hello(connection, message, now)
            case Subscribe() | SubscribePattern():
                return self._subscribe(connection, message.topics, now, message.id)
            case _:
                return self._unsubscribe(connection, message.topics, now, message.id)

    def _hello(self, connection: Connection, hello: Hello, now: int) -> list[Frame]:
        if hello.protocol != PROTOCOL:
            raise UnsupportedProtocol(f"protocol {PROTOCOL} is spoken here")
        added, refused = self._subscribe_all(connection, hello.topics)
        return [
            _welcome(connection, added, hello, now),
            *(error_frame(error, now, hello.id, topic) for topic, error in refused),
        ]

    def _subscribe(
        self, connection: Connection, topics: list[str], now: int, id: MessageId
    ) -> list[Frame]:
        def answer(topic: str) -> Frame:
            return self._subscribed(self._subscribe_one(connection, topic), now, id)

        return _answer_each(topics, answer, now, id)

    def _subscribe_all(
        self, connection: Connection, topics: list[str]
    ) -> tuple[list[Pattern], list[Refusal]]:
        """One refused topic never costs the others."""
        added: list[Pattern] = []
        refused: list[Refusal] = []
        for topic in dict.fromkeys(topics):
            try:
                added.append(self._subscribe_one(connection, topic))
            except HeliographError as error:
                refused.append((topic, error))
        return added, refused

    def _subscribe_one(self, connection: Connection, topic: str) -> Pattern:
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

    def _unsubscribe(
        self, connection: Connection, topics: list[str], now: int, id: MessageId
    ) -> list[Frame]:
        def answer(topic: str) -> Frame:
            pattern = self._unsubscribe_one(connection, topic)
            return Unsubscribed(pattern, pattern, timestamp(now), id=id)

        return _answer_each(topics, answer, now, id)

    def _unsubscribe_one(self, connection: Connection, topic: str) -> Pattern:
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


def _welcome(connection: Connection, added: list[Pattern], hello: Hello, now: int) -> Welcome:
    principal = connection.principal
    return Welcome(
        connection_id=connection.id,
        user_id=principal.username,
        roles=sorted(principal.roles),
        server_time=timestamp(now),
        ping_interval_ms=PING_INTERVAL_MS,
        max_age_ms=max(0, connection.connected_at + MAX_AGE_MS - now),
        token_expires_at=timestamp(principal.token_expires_at),
        subscriptions=sorted({*connection.topics, *added}),
        # Streams cannot be resumed yet. Saying so is better than a silent gap.
        resume={
            stream: {"recovered": False, "replayed": 0, "has_more": False, "reason": "unsupported"}
            for stream in hello.resume
        },
        id=hello.id,
    )
