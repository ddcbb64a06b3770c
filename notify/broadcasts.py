"""Broadcasting to topics: stored once, then pushed to whoever is subscribed."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace

from notify.composing import Composer
from notify.errors import Unavailable
from notify.fanout import Delivery, Fanout, every_member
from notify.frames import NotificationFrame, encode
from notify.jobs import ShardJob
from notify.model import ConnectionId, Pattern, Principal, Subscriber, Username
from notify.ports import Audience, Clock, Counts, Deliveries, NewId, Streams, Subscriptions
from notify.requests import Broadcast
from notify.topics import parse_pattern, stream_of

# More than this is the queue's work: the caller waits for every post of the call.
MAX_INLINE_RECIPIENTS = 200
# What one lane of the queue posts in a second; only for the estimate in the answer.
POSTS_A_SECOND = 1000


@dataclass(frozen=True, slots=True)
class BroadcastResult:
    """What became of a broadcast. `broadcast_id` is set where the queue does the work."""

    pattern: Pattern
    notification_id: str
    recipients: int
    delivered: int = 0
    gone: int = 0
    failed: int = 0
    broadcast_id: str | None = None
    dry_run: bool = False

    @property
    def estimated_seconds(self) -> int:
        return max(1, self.recipients // POSTS_A_SECOND)


class Broadcasts:
    """Everything that makes a notification arrive at the subscribers of a topic."""

    def __init__(
        self,
        composer: Composer,
        subscriptions: Subscriptions,
        streams: Streams,
        counts: Counts,
        fanout: Fanout,
        deliveries: Deliveries,
        clock: Clock,
        new_id: NewId,
        max_inline_recipients: int = MAX_INLINE_RECIPIENTS,
    ) -> None:
        self._composer = composer
        self._subscriptions = subscriptions
        self._streams = streams
        self._counts = counts
        self._fanout = fanout
        self._deliveries = deliveries
        self._clock = clock
        self._new_id = new_id
        self._max_inline_recipients = max_inline_recipients

    def broadcast(self, by: Principal, request: Broadcast) -> BroadcastResult:
        """To whoever is subscribed: in this call if they are few, else by the queue.

        Raises: Invalid, Forbidden, PayloadTooLarge.
        """
        pattern = parse_pattern(request.pattern, "pattern")
        frame = replace(
            self._composer.compose(by, request, stream_of(pattern), pattern), id=self._new_id()
        )
        if request.persist == "stream" and not request.dry_run:
            # Before the subscribers are read: who subscribes in between and is told a `seq` below
            # this one must get it.
            frame = self._store(frame, request)
        audiences = self._subscriptions.audiences(pattern)
        few = self._few(audiences, request)
        if request.dry_run:
            recipients = self._estimate(audiences) if few is None else len(few)
            return BroadcastResult(pattern, frame.id, recipients, dry_run=True)
        if few is None:
            return self._queue(pattern, frame, audiences, request)
        return self._post_now(pattern, frame, few)

    def _few(self, audiences: list[Audience], request: Broadcast) -> list[Subscriber] | None:
        """The recipients, each connection once; None if they are too many for one call."""
        excluded = set(request.exclude_user_ids)
        few: dict[ConnectionId, Subscriber] = {}
        for audience in audiences:
            for subscriber in self._members(audience):
                if subscriber.username not in excluded:
                    few[subscriber.connection_id] = subscriber
                if len(few) > self._max_inline_recipients:
                    return None
        return list(few.values())

    def _estimate(self, audiences: list[Audience]) -> int:
        return sum(self._subscriptions.members(audience) for audience in audiences)

    def _post_now(
        self, pattern: Pattern, frame: NotificationFrame, subscribers: list[Subscriber]
    ) -> BroadcastResult:
        delivery = self._deliver(encode(frame), subscribers)
        self._count(1, delivery)
        return BroadcastResult(
            pattern,
            frame.id,
            delivery.recipients,
            delivery.posted,
            delivery.gone,
            len(delivery.failed),
        )

    def _queue(
        self,
        pattern: Pattern,
        frame: NotificationFrame,
        audiences: list[Audience],
        request: Broadcast,
    ) -> BroadcastResult:
        broadcast_id = "bc_" + frame.id.removeprefix("ntf_")
        text = encode(frame).decode()
        excluded = tuple(Username(name) for name in request.exclude_user_ids)
        self._deliveries.put(
            ShardJob(broadcast_id, text, audience.pattern, shard, exclude_user_ids=excluded)
            for audience in audiences
            for shard in range(audience.shards)
        )
        self._count(1, Delivery())
        recipients = max(self._estimate(audiences), self._max_inline_recipients + 1)
        return BroadcastResult(pattern, frame.id, recipients, broadcast_id=broadcast_id)

    def _deliver(self, frame: bytes, subscribers: list[Subscriber]) -> Delivery:
        delivery = self._fanout.deliver(frame, subscribers)
        self._fanout.retry(delivery, frame)
        return delivery

    def _members(self, audience: Audience) -> Iterator[Subscriber]:
        return every_member(self._subscriptions, audience, self._clock())

    def _store(self, frame: NotificationFrame, request: Broadcast) -> NotificationFrame:
        now = self._clock()
        excluded = frozenset(Username(name) for name in request.exclude_user_ids)
        return self._streams.append(frame, now, now + request.ttl_seconds * 1000, excluded)

    def _count(self, sent: int, delivery: Delivery) -> None:
        # What is delivered is delivered: an answer of 503 would have it sent twice.
        with suppress(Unavailable):
            self._counts.add({"sent": sent, **delivery.tally()})
