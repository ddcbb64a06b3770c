"""One frame to many subscribers, and what became of it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from notify.errors import HeliographError, TokenExpired, Unavailable
from notify.frames import encode, farewell
from notify.jobs import RetryJob
from notify.model import Connection, ConnectionId, Pattern, Subscriber, Username
from notify.ports import (
    PAGE_SIZE,
    Audience,
    Clock,
    Connections,
    Gateway,
    LaterQueue,
    Outcome,
    Page,
    Subscriptions,
)
from notify.topics import feeds, user_topic

# API Gateway answers 410 Gone also while $connect is still running. A connection younger than any
# $connect can be (10 s, serverless.yml) is therefore not forgotten but tried again.
HANDSHAKE_GRACE_MS = 15_000
# As many as are posted to at once: a job takes less than its function has (30 s, serverless.yml),
# also if each of them hangs. It keeps a job below the 256 KB of an SQS message too.
RETRIES_A_JOB = 16
MAX_ATTEMPTS = 8  # 255 s in all
# A peer that hangs holds up whoever posts to it, and again whoever closes it: no more than these
# are closed beside a frame's posts. The others get nothing either, and the sweep closes them.
EXPELLED_AT_ONCE = 16


class Delivery(Struct, frozen=True):
    """`posted` and `gone` are final; `failed` may be tried again."""

    posted: int = 0
    gone: int = 0
    failed: tuple[Subscriber, ...] = ()

    @property
    def recipients(self) -> int:
        return self.posted + self.gone + len(self.failed)

    def tally(self) -> dict[str, int]:
        """For the service's counters."""
        return {"delivered": self.posted, "gone": self.gone, "failed": len(self.failed)}

    def __add__(self, other: "Delivery") -> "Delivery":
        return Delivery(
            self.posted + other.posted, self.gone + other.gone, self.failed + other.failed
        )


class _Checked(Struct, frozen=True):
    """A subscriber whose row says that its token has expired, and whether that is so."""

    subscriber: Subscriber
    is_expired: bool = False
    is_known: bool = True

    @property
    def is_due(self) -> bool:
        return self.is_known and not self.is_expired


class _Place(Struct):
    """What a frame says of where it belongs. One that no stream has is its topic's alone."""

    topic: Pattern = Pattern("")
    stream: Pattern | None = None
    seq: int | None = None

    def is_due_to(self, subscriber: Subscriber, connection: Connection) -> bool:
        """Whether it still is: by the topic that the subscriber was met in, or by another one."""
        stream = self.topic if self.stream is None else self.stream
        topics = connection.topics
        return subscriber.pattern in topics or any(feeds(stream, topic) for topic in topics)


class Fanout:
    """Posts, forgets who is gone, and closes connections whose token has run out."""

    def __init__(
        self, gateway: Gateway, connections: Connections, later: LaterQueue, clock: Clock
    ) -> None:
        self._gateway = gateway
        self._connections = connections
        self._later = later
        self._clock = clock

    def deliver(self, frame: bytes, subscribers: Iterable[Subscriber]) -> Delivery:
        """Each connection gets the frame once, however many of its topics match."""
        now = self._clock()
        due: dict[ConnectionId, Subscriber] = {}
        stale: dict[ConnectionId, Subscriber] = {}
        for subscriber in subscribers:
            pile = due if subscriber.token_expires_at > now else stale
            pile[subscriber.connection_id] = subscriber
        checked = [self._check(stale[each], now) for each in stale.keys() - due.keys()]
        due |= {each.subscriber.connection_id: each.subscriber for each in checked if each.is_due}
        expired = [each.subscriber for each in checked if each.is_expired]
        unknown = tuple(each.subscriber for each in checked if not each.is_known)
        self.expel(expired[:EXPELLED_AT_ONCE], TokenExpired())
        return self._post(frame, due, now) + Delivery(gone=len(expired), failed=unknown)

    def deliver_again(self, frame: bytes, subscribers: Iterable[Subscriber]) -> Delivery:
        """The same some time later: a connection without a row by now has gone, or was found while
        it knocked and was not let in. Its socket may still be open, to be told so. One that has
        given the topic back, or may not hear it any more, is left alone and counted nowhere."""
        waiting = list(subscribers)
        try:
            known = self._connections.get_each({each.connection_id for each in waiting})
        except Unavailable:
            return Delivery(failed=tuple(waiting))
        gone = [each for each in waiting if each.connection_id not in known]
        for subscriber in gone:
            self._forget(subscriber)
        place = _place_of(frame)
        here = [each for each in waiting if each.connection_id in known]
        due = [each for each in here if place.is_due_to(each, known[each.connection_id])]
        return self.deliver(frame, due) + Delivery(gone=len(gone))

    def _check(self, subscriber: Subscriber, now: int) -> "_Checked":
        """What the connection itself says of a token that has expired by a subscription's row: a
        new one may have come in the meantime (`auth`), of which that row has not heard."""
        try:
            connection = self._connections.get(subscriber.connection_id)
        except Unavailable:
            return _Checked(subscriber, is_known=False)
        expires_at = 0 if connection is None else connection.principal.token_expires_at
        if expires_at <= now:
            return _Checked(subscriber, is_expired=True)
        with suppress(Unavailable):  # the next one repairs it
            self._connections.extend(subscriber, expires_at)
        return _Checked(replace(subscriber, token_expires_at=expires_at))

    def expel(self, subscribers: Iterable[Subscriber], error: HeliographError) -> None:
        """Tells each connection why, closes it and forgets it."""
        self.expel_each(dict.fromkeys(subscribers, error))

    def expel_each(self, errors: Mapping[Subscriber, HeliographError]) -> None:
        """The same for each its own reason."""
        now = self._clock()
        farewells = {
            subscriber.connection_id: encode(farewell(error, subscriber.connection_id, now))
            for subscriber, error in errors.items()
        }
        # Whom it does not reach is closed all the same.
        dict(self._gateway.post_each(farewells))
        self._gateway.disconnect_each(farewells)
        for subscriber in errors:
            self._forget(subscriber)

    def retry(self, delivery: Delivery, frame: bytes, attempt: int = 0) -> None:
        """Queues those whom the frame did not reach, later each time; the last attempt is final."""
        if attempt >= MAX_ATTEMPTS:
            self.give_up(frame, delivery.failed)
            return
        failed, text = delivery.failed, frame.decode()
        jobs = [
            RetryJob(text, failed[start : start + RETRIES_A_JOB], attempt + 1)
            for start in range(0, len(failed), RETRIES_A_JOB)
        ]
        if jobs:
            self._later.put(jobs, delay_seconds=2**attempt)

    def give_up(self, frame: bytes, subscribers: Iterable[Subscriber]) -> None:
        """Closes the sockets, if what they lack has a number: what follows would say that it had
        arrived. The client comes back and resumes. Their rows are left to $disconnect or, where
        the gateway does not answer either, to the sweep."""
        if _place_of(frame).seq is not None:
            self._gateway.disconnect_each(each.connection_id for each in subscribers)

    def _post(self, frame: bytes, due: dict[ConnectionId, Subscriber], now: int) -> Delivery:
        posted, gone = 0, 0
        failed: list[Subscriber] = []
        for connection_id, outcome in self._gateway.post_each(dict.fromkeys(due, frame)):
            subscriber = due[connection_id]
            if outcome is Outcome.POSTED:
                posted += 1
            elif outcome is Outcome.GONE and now - subscriber.connected_at > HANDSHAKE_GRACE_MS:
                gone += 1
                self._forget(subscriber)
            else:
                failed.append(subscriber)
        return Delivery(posted, gone, tuple(failed))

    def _forget(self, subscriber: Subscriber) -> None:
        # What a busy store keeps is found gone again next time; no frame may be lost over it.
        with suppress(Unavailable):
            self._connections.forget(subscriber)


def _place_of(frame: bytes) -> _Place:
    return msgspec.json.decode(frame, type=_Place)


def every_member(
    subscriptions: Subscriptions, audience: Audience, now: int
) -> Iterator[Subscriber]:
    """Page after page of all its shards."""
    for page in every_page(subscriptions, audience, now):
        yield from page.subscribers


def every_page(subscriptions: Subscriptions, audience: Audience, now: int) -> Iterator[Page]:
    for shard in range(audience.shards):
        after = None
        while True:
            page = subscriptions.page(audience.pattern, shard, after, PAGE_SIZE, now)
            yield page
            after = page.after
            if after is None:
                break


def own_subscribers(
    subscriptions: Subscriptions, username: Username, now: int
) -> Iterator[Subscriber]:
    """The user's own connections, each of which is in the user's topic; nobody's who only watches
    the user by a capability."""
    for audience in subscriptions.exactly([user_topic(username)]):
        for subscriber in every_member(subscriptions, audience, now):
            if subscriber.username == username:
                yield subscriber
