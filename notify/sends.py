"""Sending to users: stored for all of them first, then pushed to every connection of theirs."""

from collections.abc import Iterator
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from notify.accounts import Accounts
from notify.budget import Budget
from notify.composing import Composer
from notify.devices import Devices
from notify.entries import InboxCounts
from notify.errors import Unavailable
from notify.fanout import Delivery, Fanout, every_member
from notify.frames import NotificationFrame, encode
from notify.idempotency import Trial
from notify.model import Pattern, Principal, Subscriber, User, Username
from notify.ports import Clock, Counts, Streams, Subscriptions
from notify.requests import Content, Send
from notify.topics import user_topic


class StoredSend(Struct, frozen=True):
    """A send and each user's copy of it, which is stored if it is to persist."""

    notification_id: str
    request: Send
    copies: list[tuple[User, NotificationFrame]]


class UserResult(Struct, frozen=True):
    """What became of one user's copy. `seq` is None where nothing was stored."""

    user_id: Username
    seq: int | None
    connections: int
    delivered: int
    gone: int


class SendResult(Struct, frozen=True):
    """What became of a send: delivered, partially_delivered, stored or undelivered."""

    notification_id: str
    status: str
    results: list[UserResult]


class Sends:
    """Everything that makes a notification arrive at one user, or at each of some."""

    def __init__(
        self,
        accounts: Accounts,
        composer: Composer,
        subscriptions: Subscriptions,
        streams: Streams,
        counts: Counts,
        fanout: Fanout,
        devices: Devices,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._composer = composer
        self._subscriptions = subscriptions
        self._streams = streams
        self._counts = counts
        self._fanout = fanout
        self._devices = devices
        self._clock = clock

    def store(self, by: Principal, request: Send, trial: Trial) -> StoredSend:
        """Every user's copy, before anybody is told. Nothing is written unless everything is in
        order, and what an earlier try has stored is not stored again.

        Raises: Forbidden, Unknown naming a user who does not exist, PayloadTooLarge.
        """
        users, frames = self._checked(by, request, trial.correlation_id)
        copies = [replace(frame, id=trial.notification_id) for frame in frames]
        if request.persist:
            copies = [
                self._stored(copy, trial.tried_at) or self._append(copy, request) for copy in copies
            ]
        return StoredSend(trial.notification_id, request, list(zip(users, copies, strict=True)))

    def push(self, stored: StoredSend, budget: Budget) -> SendResult:
        """To every connection of each user: now, or by the queue where time is up. What fails for
        one costs the others nothing; clients drop ids that they know."""
        request = stored.request
        pushed = [self._push_to(user, copy, request, budget) for user, copy in stored.copies]
        self._count(1, sum((delivery for _, delivery in pushed), Delivery()))
        return SendResult(
            stored.notification_id,
            _status([delivery for _, delivery in pushed], request.persist),
            [result for result, _ in pushed],
        )

    def check(
        self, by: Principal, request: Send, correlation_id: str | None = None
    ) -> list[NotificationFrame]:
        """A frame for each user, if everything is in order.

        Raises: Forbidden, Unknown naming a user who does not exist, PayloadTooLarge.
        """
        _, frames = self._checked(by, request, correlation_id)
        return frames

    def _checked(
        self, by: Principal, request: Send, correlation_id: str | None
    ) -> tuple[list[User], list[NotificationFrame]]:
        usernames = [Username(name) for name in request.usernames]
        topics = [user_topic(name) for name in usernames]
        frames = [
            self._composer.compose(by, request, topic, correlation_id=correlation_id)
            for topic in topics
        ]
        return self._accounts.get_each(usernames), frames

    def _push_to(
        self, user: User, frame: NotificationFrame, request: Send, budget: Budget
    ) -> tuple[UserResult, Delivery]:
        username = user.username
        subscribers = self._reachable(username, request)
        # Who watches the user by a capability gets it too, but does not make it delivered.
        own = [each for each in subscribers if each.username == username]
        watching = [each for each in subscribers if each.username != username]
        if self._clock() < budget.posts_until:
            delivery = self._post(frame, own, user, budget)
            self._deliver(frame, watching)
        else:
            delivery = _unposted(own)
            self._retry(_unposted(subscribers), frame)
        result = UserResult(
            username, frame.seq, delivery.recipients, delivery.posted, delivery.gone
        )
        return result, delivery

    def _reachable(self, username: Username, request: Send) -> list[Subscriber]:
        try:
            found = list(self._subscribers(user_topic(username)))
        except Unavailable:
            if not request.persist:
                raise
            # It waits in the stream: an answer of 503 would have it stored twice.
            return []
        left_out = set(request.exclude_connections)
        return [each for each in found if each.connection_id not in left_out]

    def _subscribers(self, topic: Pattern) -> Iterator[Subscriber]:
        for audience in self._subscriptions.audiences(topic):
            yield from every_member(self._subscriptions, audience, self._clock())

    def _post(
        self, frame: NotificationFrame, own: list[Subscriber], user: User, budget: Budget
    ) -> Delivery:
        """With the counts of each connection's inbox. A post that is tried again goes without:
        by then they may be others."""
        if not budget.has_counts:
            return self._deliver(frame, own)
        total = Delivery()
        for counts, group in self._devices.counted(own, user):
            delivery = self._fanout.deliver(encode(_with(counts, frame)), group)
            self._retry(delivery, frame)
            total += delivery
        return total

    def _deliver(self, frame: NotificationFrame, subscribers: list[Subscriber]) -> Delivery:
        delivery = self._fanout.deliver(encode(frame), subscribers)
        self._retry(delivery, frame)
        return delivery

    def _retry(self, delivery: Delivery, frame: NotificationFrame) -> None:
        # Whom the queue does not take was not reached, and the answer says so; the others are.
        with suppress(Unavailable):
            self._fanout.retry(delivery, encode(frame))

    def _stored(self, frame: NotificationFrame, tried_at: int | None) -> NotificationFrame | None:
        """What an earlier try has stored."""
        if tried_at is None:
            return None
        return self._streams.find(Pattern(frame.stream), frame.id, tried_at)

    def _append(self, frame: NotificationFrame, content: Content) -> NotificationFrame:
        now = self._clock()
        return self._streams.append(frame, now, now + content.ttl_seconds * 1000)

    def _count(self, sent: int, delivery: Delivery) -> None:
        # What is delivered is delivered: an answer of 503 would have it sent twice.
        with suppress(Unavailable):
            self._counts.add({"sent": sent, **delivery.tally()})


def _unposted(subscribers: list[Subscriber]) -> Delivery:
    """Each connection once, however many of its topics match."""
    once = {each.connection_id: each for each in subscribers}
    return Delivery(failed=tuple(once.values()))


def _with(counts: InboxCounts | None, frame: NotificationFrame) -> NotificationFrame:
    if counts is None:
        return frame
    return replace(frame, unread=counts.unread, unseen=counts.unseen)


def _status(deliveries: list[Delivery], persist: bool) -> str:
    if all(each.posted and not each.failed for each in deliveries):
        return "delivered"
    if any(each.posted for each in deliveries):
        return "partially_delivered"
    return "stored" if persist else "undelivered"
