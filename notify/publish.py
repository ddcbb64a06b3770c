"""Sending to users and broadcasting to topics: stored first, then pushed."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace

from notify.accounts import Accounts
from notify.errors import Forbidden, PayloadTooLarge, Unavailable
from notify.fanout import Delivery, Fanout, every_member
from notify.frames import MAX_NOTIFICATION_BYTES, NotificationFrame, Sender, encode
from notify.jobs import ShardJob
from notify.model import ConnectionId, Pattern, Principal, Subscriber, Username, timestamp
from notify.ports import Audience, Clock, Counts, Deliveries, NewId, Streams, Subscriptions
from notify.requests import Broadcast, Content, Send
from notify.topics import ANYTHING, EVERYBODY, TopicPolicy, parse_pattern, user_topic

# More than this is the queue's work: the caller waits for every post of the call.
MAX_INLINE_RECIPIENTS = 200
# What one lane of the queue posts in a second; only for the estimate in the answer.
POSTS_A_SECOND = 1000


@dataclass(frozen=True, slots=True)
class UserResult:
    """What became of one user's copy. `seq` is None where nothing was stored."""

    user_id: Username
    seq: int | None
    connections: int
    delivered: int
    gone: int


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of a send: delivered, partially_delivered, stored or undelivered."""

    notification_id: str
    status: str
    results: list[UserResult]


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


class Publisher:
    """Everything that makes a notification arrive."""

    def __init__(
        self,
        accounts: Accounts,
        subscriptions: Subscriptions,
        streams: Streams,
        counts: Counts,
        fanout: Fanout,
        deliveries: Deliveries,
        policy: TopicPolicy,
        clock: Clock,
        new_id: NewId,
        max_inline_recipients: int = MAX_INLINE_RECIPIENTS,
    ) -> None:
        self._accounts = accounts
        self._subscriptions = subscriptions
        self._streams = streams
        self._counts = counts
        self._fanout = fanout
        self._deliveries = deliveries
        self._policy = policy
        self._clock = clock
        self._new_id = new_id
        self._max_inline_recipients = max_inline_recipients

    def send(self, by: Principal, request: Send) -> SendResult:
        """To every connection of each user. Nothing is written unless everything is in order.

        Raises: Forbidden, Unknown naming a user who does not exist, PayloadTooLarge.
        """
        usernames = [Username(name) for name in request.usernames]
        frames = [self._frame(by, request, user_topic(name)) for name in usernames]
        for frame in frames:
            self._require_publish(by, Pattern(frame.topic))
            _require_size(frame)
        for name in usernames:
            self._accounts.get(name)
        notification_id = self._new_id()
        sent = [
            self._send_to(name, replace(frame, id=notification_id), request)
            for name, frame in zip(usernames, frames, strict=True)
        ]
        self._count(1, sum((delivery for _, delivery in sent), Delivery()))
        return SendResult(
            notification_id,
            _status([delivery for _, delivery in sent], request.persist),
            [result for result, _ in sent],
        )

    def broadcast(self, by: Principal, request: Broadcast) -> BroadcastResult:
        """To whoever is subscribed: in this call if they are few, else by the queue.

        Raises: Invalid, Forbidden, PayloadTooLarge.
        """
        pattern = parse_pattern(request.pattern, "pattern")
        self._require_publish(by, pattern)
        stream = EVERYBODY if pattern == ANYTHING else pattern
        frame = replace(self._frame(by, request, stream), id=self._new_id())
        _require_size(frame)
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

    def _send_to(
        self, username: Username, frame: NotificationFrame, request: Send
    ) -> tuple[UserResult, Delivery]:
        if request.persist:
            frame = self._store(frame, request)
        excluded = set(request.exclude_connections)
        subscribers = [
            subscriber
            for audience in self._subscriptions.audiences(user_topic(username))
            for subscriber in self._members(audience)
            if subscriber.connection_id not in excluded
        ]
        # Who watches the user by a capability gets it too, but does not make it delivered.
        own = [each for each in subscribers if each.username == username]
        watching = [each for each in subscribers if each.username != username]
        delivery = self._deliver(encode(frame), own)
        self._deliver(encode(frame), watching)
        result = UserResult(
            username, frame.seq, delivery.recipients, delivery.posted, delivery.gone
        )
        return result, delivery

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

    def _store(self, frame: NotificationFrame, content: Content) -> NotificationFrame:
        return self._streams.append(frame, self._clock() + content.ttl_seconds * 1000)

    def _frame(self, by: Principal, content: Content, stream: Pattern) -> NotificationFrame:
        now = self._clock()
        return NotificationFrame(
            id="",
            notification_type=content.notification_type,
            title=content.title,
            message=content.message,
            priority=content.priority,
            data=content.data,
            sender=Sender(by.username, sorted(by.roles)),
            timestamp=timestamp(now),
            stream=stream,
            topic=stream,
            epoch=None,
            seq=None,
            expires_at=timestamp(now + content.ttl_seconds * 1000),
        )

    def _require_publish(self, by: Principal, pattern: Pattern) -> None:
        if not self._policy.may_publish(by, pattern):
            raise Forbidden(f"not allowed to publish to {pattern}")

    def _count(self, sent: int, delivery: Delivery) -> None:
        # What is delivered is delivered: an answer of 503 would have it sent twice.
        with suppress(Unavailable):
            self._counts.add({"sent": sent, **delivery.tally()})


def _require_size(frame: NotificationFrame) -> None:
    size = len(encode(frame))
    if size > MAX_NOTIFICATION_BYTES:
        raise PayloadTooLarge(
            f"the notification is {size} bytes; at most {MAX_NOTIFICATION_BYTES} are carried"
        )


def _status(deliveries: list[Delivery], persist: bool) -> str:
    if all(each.posted and not each.failed for each in deliveries):
        return "delivered"
    if any(each.posted for each in deliveries):
        return "partially_delivered"
    return "stored" if persist else "undelivered"
