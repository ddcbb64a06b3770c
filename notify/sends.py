"""Sending to users: stored first, then pushed to every connection of theirs."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace

from notify.accounts import Accounts
from notify.composing import Composer
from notify.devices import Devices
from notify.entries import InboxCounts
from notify.errors import Unavailable
from notify.fanout import Delivery, Fanout, every_member
from notify.frames import NotificationFrame, encode
from notify.model import Pattern, Principal, Subscriber, Username
from notify.ports import Audience, Clock, Counts, NewId, Streams, Subscriptions
from notify.requests import Content, Send
from notify.topics import user_topic


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
        new_id: NewId,
    ) -> None:
        self._accounts = accounts
        self._composer = composer
        self._subscriptions = subscriptions
        self._streams = streams
        self._counts = counts
        self._fanout = fanout
        self._devices = devices
        self._clock = clock
        self._new_id = new_id

    def send(
        self,
        by: Principal,
        request: Send,
        notification_id: str | None = None,
        tried_at: int | None = None,
    ) -> SendResult:
        """To every connection of each user. Nothing is written unless everything is in order.

        `tried_at` (ms): an earlier try under that id began then and died who knows where. What it
        has stored is not stored again; its posts are made again, for clients drop ids they know.

        Raises: Forbidden, Unknown naming a user who does not exist, PayloadTooLarge.
        """
        usernames = [Username(name) for name in request.usernames]
        frames = self.check(by, request)
        notification_id = notification_id or self._new_id()
        sent = [
            self._send_to(name, replace(frame, id=notification_id), request, tried_at)
            for name, frame in zip(usernames, frames, strict=True)
        ]
        self._count(1, sum((delivery for _, delivery in sent), Delivery()))
        return SendResult(
            notification_id,
            _status([delivery for _, delivery in sent], request.persist),
            [result for result, _ in sent],
        )

    def check(self, by: Principal, request: Send) -> list[NotificationFrame]:
        """A frame for each user, if everything is in order.

        Raises: Forbidden, Unknown naming a user who does not exist, PayloadTooLarge.
        """
        usernames = [Username(name) for name in request.usernames]
        frames = [self._composer.compose(by, request, user_topic(name)) for name in usernames]
        for name in usernames:
            self._accounts.get(name)
        return frames

    def _send_to(
        self,
        username: Username,
        frame: NotificationFrame,
        request: Send,
        tried_at: int | None,
    ) -> tuple[UserResult, Delivery]:
        if request.persist:
            frame = self._stored(frame, tried_at) or self._store(frame, request)
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
        delivery = self._push(frame, own)
        self._deliver(encode(frame), watching)
        result = UserResult(
            username, frame.seq, delivery.recipients, delivery.posted, delivery.gone
        )
        return result, delivery

    def _push(self, frame: NotificationFrame, own: list[Subscriber]) -> Delivery:
        """With the counts of each connection's inbox. A post that is tried again goes without:
        by then they may be others."""
        total = Delivery()
        for counts, group in self._devices.counted(own):
            delivery = self._fanout.deliver(encode(_with(counts, frame)), group)
            self._fanout.retry(delivery, encode(frame))
            total += delivery
        return total

    def _deliver(self, frame: bytes, subscribers: list[Subscriber]) -> Delivery:
        delivery = self._fanout.deliver(frame, subscribers)
        self._fanout.retry(delivery, frame)
        return delivery

    def _members(self, audience: Audience) -> Iterator[Subscriber]:
        return every_member(self._subscriptions, audience, self._clock())

    def _stored(self, frame: NotificationFrame, tried_at: int | None) -> NotificationFrame | None:
        """What an earlier try has stored."""
        if tried_at is None:
            return None
        return self._streams.find(Pattern(frame.stream), frame.id, tried_at)

    def _store(self, frame: NotificationFrame, content: Content) -> NotificationFrame:
        now = self._clock()
        return self._streams.append(frame, now, now + content.ttl_seconds * 1000)

    def _count(self, sent: int, delivery: Delivery) -> None:
        # What is delivered is delivered: an answer of 503 would have it sent twice.
        with suppress(Unavailable):
            self._counts.add({"sent": sent, **delivery.tally()})


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
