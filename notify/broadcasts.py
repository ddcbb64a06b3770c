"""Broadcasting to topics: stored once, then pushed to whoever is subscribed."""

from collections.abc import Iterator
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from notify.budget import Budget
from notify.composing import Composer
from notify.errors import Unavailable
from notify.fanout import Delivery, Fanout, every_member
from notify.frames import NotificationFrame, encode
from notify.idempotency import Trial
from notify.jobs import PartJob
from notify.model import ConnectionId, Pattern, Principal, Subscriber, Username
from notify.pacing import MAX_INLINE_RECIPIENTS, Pace
from notify.parts import PLAN, Announcement, BroadcastJob
from notify.ports import (
    Audience,
    BroadcastJobs,
    Clock,
    Counts,
    Deliveries,
    Streams,
    Subscriptions,
)
from notify.requests import Broadcast
from notify.topics import parse_pattern, stream_of

# A call does not read more shards than this to find out how few there are in them.
MAX_INLINE_SHARDS = 200


class BroadcastResult(Struct, frozen=True):
    """What became of a broadcast. `broadcast_id` is set where the queue does the work."""

    pattern: Pattern
    notification_id: str
    recipients: int
    delivered: int = 0
    gone: int = 0
    failed: int = 0
    broadcast_id: str | None = None
    dry_run: bool = False
    estimated_seconds: int = 0


class StoredBroadcast(Struct, frozen=True):
    """A broadcast whose frame is stored if it is to persist. `job`: what an earlier try queued."""

    by: Principal
    request: Broadcast
    frame: NotificationFrame
    job: BroadcastJob | None = None


class Broadcasts:
    """Everything that makes a notification arrive at the subscribers of a topic."""

    def __init__(
        self,
        composer: Composer,
        subscriptions: Subscriptions,
        streams: Streams,
        counts: Counts,
        fanout: Fanout,
        jobs: BroadcastJobs,
        deliveries: Deliveries,
        pace: Pace,
        clock: Clock,
        max_inline_recipients: int = MAX_INLINE_RECIPIENTS,
    ) -> None:
        self._composer = composer
        self._subscriptions = subscriptions
        self._streams = streams
        self._counts = counts
        self._fanout = fanout
        self._jobs = jobs
        self._deliveries = deliveries
        self._pace = pace
        self._clock = clock
        self._max_inline_recipients = max_inline_recipients

    def store(self, by: Principal, request: Broadcast, trial: Trial) -> StoredBroadcast:
        """In the stream of its pattern, if it is to persist; what an earlier try has stored is not
        stored again.

        Raises: Invalid, Forbidden, PayloadTooLarge.
        """
        frame = replace(self.check(by, request, trial.correlation_id), id=trial.notification_id)
        if trial.tried_at is not None:
            job = self._jobs.get(job_id(frame.id))
            if job is not None:
                return StoredBroadcast(by, request, frame, job)
        if request.persist == "stream" and not request.dry_run:
            frame = self._stored(frame, trial.tried_at) or self._append(frame, request)
        return StoredBroadcast(by, request, frame)

    def push(self, stored: StoredBroadcast, budget: Budget) -> BroadcastResult:
        """To whoever is subscribed: in this call if they are few and there is time, else by the
        queue. A job that an earlier try has begun goes on, and nothing is done twice.

        The subscribers are read behind the write to the stream: who subscribes in between and is
        told a `seq` below this one must get it.
        """
        if stored.job is not None:
            return self._hand_over(stored.job)
        request, frame = stored.request, stored.frame
        pattern = Pattern(request.pattern)
        audiences = self._subscriptions.audiences(pattern)
        few = self._few(audiences, request, budget)
        if request.dry_run:
            recipients = self._estimate(audiences) if few is None else len(few)
            return BroadcastResult(pattern, frame.id, recipients, dry_run=True)
        if few is None or (few and self._clock() >= budget.posts_until):
            return self._queue(stored.by, frame, audiences, request)
        return self._post_now(pattern, frame, few)

    def check(
        self, by: Principal, request: Broadcast, correlation_id: str | None = None
    ) -> NotificationFrame:
        """Its frame, if everything is in order. Raises: Invalid, Forbidden, PayloadTooLarge."""
        pattern = parse_pattern(request.pattern, "pattern")
        return self._composer.compose(by, request, stream_of(pattern), pattern, correlation_id)

    def _few(
        self, audiences: list[Audience], request: Broadcast, budget: Budget
    ) -> list[Subscriber] | None:
        """The recipients, each connection once; None if they, or the shards that they may be in,
        are too many for one call, or for what is left of it."""
        if sum(audience.shards for audience in audiences) > MAX_INLINE_SHARDS:
            return None
        excluded = set(request.exclude_user_ids)
        # A call does not pause: what it may not post within a second is not for it.
        most = min(self._max_inline_recipients, request.max_rate or self._max_inline_recipients)
        few: dict[ConnectionId, Subscriber] = {}
        for audience in audiences:
            if self._clock() >= budget.posts_until:
                return None
            for subscriber in self._members(audience):
                if subscriber.username not in excluded:
                    few[subscriber.connection_id] = subscriber
                if len(few) > most:
                    return None
        return list(few.values())

    def _estimate(self, audiences: list[Audience]) -> int:
        return sum(max(0, size) for size in self._subscriptions.sizes(audiences).values())

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
        by: Principal,
        frame: NotificationFrame,
        audiences: list[Audience],
        request: Broadcast,
    ) -> BroadcastResult:
        job = BroadcastJob(
            id=job_id(frame.id),
            by=by.username,
            pattern=Pattern(request.pattern),
            notification_id=frame.id,
            created_at=self._clock(),
            max_rate=request.max_rate,
            recipients=self._estimate(audiences),
            shards=sum(audience.shards for audience in audiences),
        )
        excluded = frozenset(Username(name) for name in request.exclude_user_ids)
        self._jobs.begin(job, Announcement(encode(frame).decode(), excluded))
        self._count(1, Delivery())
        return self._hand_over(job)

    def _hand_over(self, job: BroadcastJob) -> BroadcastResult:
        """One message, however many they are: the queue makes its parts, and survives what may
        happen to a call meanwhile."""
        if job.queued != job.parts:
            self._deliveries.put([PartJob(job.id, PLAN)])
        return BroadcastResult(
            job.pattern,
            job.notification_id,
            job.recipients,
            broadcast_id=job.id,
            estimated_seconds=self._pace.seconds(job.recipients, job.max_rate),
        )

    def _deliver(self, frame: bytes, subscribers: list[Subscriber]) -> Delivery:
        delivery = self._fanout.deliver(frame, subscribers)
        # Whom the queue does not take has failed, and the answer says so; the others have it.
        with suppress(Unavailable):
            self._fanout.retry(delivery, frame)
        return delivery

    def _members(self, audience: Audience) -> Iterator[Subscriber]:
        return every_member(self._subscriptions, audience, self._clock())

    def _stored(self, frame: NotificationFrame, tried_at: int | None) -> NotificationFrame | None:
        if tried_at is None:
            return None
        return self._streams.find(Pattern(frame.stream), frame.id, tried_at)

    def _append(self, frame: NotificationFrame, request: Broadcast) -> NotificationFrame:
        now = self._clock()
        excluded = frozenset(Username(name) for name in request.exclude_user_ids)
        return self._streams.append(frame, now, now + request.ttl_seconds * 1000, excluded)

    def _count(self, sent: int, delivery: Delivery) -> None:
        # What is delivered is delivered: an answer of 503 would have it sent twice.
        with suppress(Unavailable):
            self._counts.add({"sent": sent, **delivery.tally()})


def job_id(notification_id: str) -> str:
    return "bc_" + notification_id.removeprefix("ntf_")
