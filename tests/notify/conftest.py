"""The rules on fakes: a service in memory that every test of this folder may look into."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest

from notify.account_requests import CreateUser
from notify.accounts import Accounts, new_user
from notify.acking import Acking
from notify.admission import Admission
from notify.announcing import Announcing
from notify.batches import Batches
from notify.broadcasts import BroadcastResult, Broadcasts
from notify.codes import Code
from notify.composing import Composer
from notify.conversation import Conversation
from notify.deadlines import MINUTE_MS, next_deadline
from notify.deliveries import RESERVE_MS, Deliverer
from notify.devices import Devices
from notify.errors import HeliographError, Unavailable
from notify.fanout import Fanout
from notify.feeding import Feeding
from notify.frame_limits import FrameLimits
from notify.frames import NotificationFrame
from notify.greeting import Greeting
from notify.history import History
from notify.hub import Hub
from notify.idempotency import Idempotency, Trial
from notify.inbox import Inbox
from notify.jobs import (
    JoinJob,
    LaterJob,
    LeaveJob,
    PartJob,
    RetryJob,
    RevokeJob,
    ScheduledJob,
)
from notify.later import Later, Retrying
from notify.limits import LoginGuard, RateLimits
from notify.logins import Logins
from notify.marking import Marker
from notify.model import Caps, Connection, ConnectionId, Pattern, Principal, Subscriber, Username
from notify.noticing import NoticedConnections
from notify.pacing import Pace
from notify.passwords import PasswordHasher
from notify.ports import (
    PAGE_SIZE,
    Attempts,
    BroadcastJobs,
    Connections,
    Counts,
    Outcome,
    Sightings,
    Streams,
    Subscriptions,
)
from notify.presence import Presence
from notify.progress import Following
from notify.publishing import Publishing
from notify.reading import Reader
from notify.reauthenticating import Reauthenticating
from notify.replanning import Replanning
from notify.replaying import Replaying
from notify.requests import Broadcast, Send
from notify.resuming import Resuming
from notify.revocation import Revocation
from notify.scheduled import ScheduledSending
from notify.scheduling import DueScan, Scheduling
from notify.sends import SendResult, Sends
from notify.subscribing import Subscribing
from notify.sweep import Sweep
from notify.tickets import Tickets
from notify.timetable import Scheduled, Timetable
from notify.tokens import Keyring, parse_key, sign
from notify.topics import ANYTHING, TopicPolicy, WatchedTopics, implicit_topics
from notify.verbs import Verbs, verbs
from notify.visits import Visits
from tests.fakes import (
    FakeAttempts,
    FakeBroadcastJobs,
    FakeClock,
    FakeConnections,
    FakeCounts,
    FakeCredentials,
    FakeDeadlines,
    FakeDeliveries,
    FakeGateway,
    FakeIds,
    FakeLaterQueue,
    FakeLimits,
    FakeMarks,
    FakeRandomBytes,
    FakeRecounts,
    FakeScheduled,
    FakeSightings,
    FakeStreams,
    FakeSubscriptions,
    FakeTimetable,
    FakeUsers,
    Memory,
)

PASSWORD = "correct horse"
SECRET = "a-key-for-tests-of-at-least-32-bytes"
HOUR_MS = 3_600_000
# Older than any handshake, so that Gone is believed.
LONG_AGO_MS = 60_000
PROBE_MS = 15 * MINUTE_MS


def refusal_code(call: Callable[..., object], *args: object) -> Code | None:
    """The code it is refused with, None if it is not; anything else that is raised is a bug."""
    try:
        call(*args)
    except HeliographError as error:
        return error.code
    return None


class CountingHasher(PasswordHasher):
    """Remembers what it was asked to check."""

    def __init__(self) -> None:
        super().__init__(cost=4)
        self.checked: list[str | None] = []

    def check(self, text: str, password_hash: str | None) -> bool:
        self.checked.append(password_hash)
        return super().check(text, password_hash)


class World:
    """Every rule, wired to fakes."""

    def __init__(
        self,
        policy: TopicPolicy | None = None,
        max_inline_recipients: int = 200,
        users: FakeUsers | None = None,
    ) -> None:
        self.memory = Memory()
        self.clock: FakeClock = self.memory.clock
        self.new_id = FakeIds()
        self.users = users or FakeUsers()
        self.gateway = FakeGateway()
        self.connections: Connections = FakeConnections(self.memory)
        self.subscriptions: Subscriptions = FakeSubscriptions(self.memory)
        self.streams: Streams = FakeStreams(self.memory)
        self.counts: Counts = FakeCounts(self.memory)
        self.marks = FakeMarks()
        self.sightings: Sightings = FakeSightings()
        self.jobs: BroadcastJobs = FakeBroadcastJobs()
        self.pace = Pace()
        self.page_size = PAGE_SIZE
        self.pauses: list[float] = []
        self.deliveries = FakeDeliveries()
        self.later_queue = FakeLaterQueue()
        self.attempts: Attempts = FakeAttempts()
        self.scheduled: Scheduled = FakeScheduled()
        self.timetable: Timetable = FakeTimetable()
        self.deadlines = FakeDeadlines()
        self.recounts = FakeRecounts(self.memory)
        self.probe_ms = PROBE_MS
        self.hasher = CountingHasher()
        self.policy = policy or TopicPolicy((ANYTHING,))
        self.watched = WatchedTopics((Pattern("room:*"),))
        self.keyring = Keyring([parse_key("k1", {"alg": "HS256", "key": SECRET}, "us", "them")])
        self.max_inline_recipients = max_inline_recipients
        self.correlation_id: str | None = None
        self.accounts = Accounts(self.users, self.keyring, self.keyring, self.hasher, self.clock)
        self.credentials = FakeCredentials(self.users.families)
        self.limits = FakeLimits()
        self.random_bytes = FakeRandomBytes()
        self.frame_limits = FrameLimits(self.rates, self.clock)
        self.max_connections = 20

    @property
    def verbs(self) -> Verbs:
        feeding = Feeding(self.streams, self.policy)
        resuming = Resuming(feeding, self.streams, self.reader)
        subscribing = Subscribing(self.noticed, resuming, self.policy)
        return verbs(
            Greeting(subscribing, resuming, self.inbox),
            subscribing,
            Replaying(feeding, self.streams, self.reader),
            Acking(feeding, self.noticed, self.streams, self.reader, self.counts),
            self.marker,
            Reauthenticating(self.accounts, self.noticed, self.policy),
            self.presence,
        )

    @property
    def reader(self) -> Reader:
        return Reader(self.streams, self.users)

    @property
    def history(self) -> History:
        return History(self.streams, self.reader, self.policy, self.clock)

    @property
    def noticed(self) -> NoticedConnections:
        return NoticedConnections(self.connections, self.later_queue, self.watched)

    @property
    def presence(self) -> Presence:
        return Presence(
            subscriptions=self.subscriptions,
            connections=self.connections,
            sightings=self.sightings,
            policy=self.policy,
            watched=self.watched,
            clock=self.clock,
        )

    @property
    def announcing(self) -> Announcing:
        return Announcing(
            sightings=self.sightings,
            subscriptions=self.subscriptions,
            connections=self.connections,
            fanout=self.fanout,
            later=self.later_queue,
            clock=self.clock,
        )

    @property
    def hub(self) -> Hub:
        return Hub(self.admission, self.noticed, self.gateway, self.limits, self.clock)

    @property
    def conversation(self) -> Conversation:
        return Conversation(
            self.noticed, self.gateway, self.verbs, self.frame_limits, self.limits, self.clock
        )

    @property
    def admission(self) -> Admission:
        return Admission(
            accounts=self.accounts,
            tickets=self.tickets,
            connections=self.noticed,
            subscriptions=self.subscriptions,
            gateway=self.gateway,
            deadlines=self.deadlines,
            clock=self.clock,
            probe_ms=self.probe_ms,
            max_connections=self.max_connections,
        )

    @property
    def tickets(self) -> Tickets:
        return Tickets(self.accounts, self.credentials, self.clock, self.random_bytes)

    @property
    def rates(self) -> RateLimits:
        return RateLimits(self.limits, self.clock, writes_a_minute=5)

    @property
    def logins(self) -> Logins:
        guard = LoginGuard(self.limits, self.rates, self.clock, of_username=30, of_address=300)
        return Logins(
            self.accounts,
            self.credentials,
            guard,
            self.revocation,
            self.clock,
            self.random_bytes,
        )

    @property
    def revocation(self) -> Revocation:
        return Revocation(
            self.accounts,
            self.subscriptions,
            self.noticed,
            self.fanout,
            self.later_queue,
            self.clock,
        )

    @property
    def sweep(self) -> Sweep:
        visits = Visits(self.noticed, self.users, self.gateway, self.fanout, self.probe_ms)
        return Sweep(
            self.deadlines, self.noticed, self.recounts, visits, self.replanning, self.clock
        )

    @property
    def replanning(self) -> Replanning:
        return Replanning(self.jobs, self.deliveries)

    @property
    def fanout(self) -> Fanout:
        return Fanout(self.gateway, self.noticed, self.later_queue, self.clock)

    @property
    def composer(self) -> Composer:
        return Composer(self.policy, self.clock, lambda: self.correlation_id)

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.users, self.streams, self.marks, self.clock)

    @property
    def devices(self) -> Devices:
        return Devices(self.subscriptions, self.connections, self.inbox, self.clock)

    @property
    def marker(self) -> Marker:
        return Marker(self.inbox, self.devices, self.fanout, self.clock)

    @property
    def sends(self) -> Sends:
        return Sends(
            accounts=self.accounts,
            composer=self.composer,
            subscriptions=self.subscriptions,
            streams=self.streams,
            counts=self.counts,
            fanout=self.fanout,
            devices=self.devices,
            clock=self.clock,
        )

    @property
    def broadcasts(self) -> Broadcasts:
        return Broadcasts(
            composer=self.composer,
            subscriptions=self.subscriptions,
            streams=self.streams,
            counts=self.counts,
            fanout=self.fanout,
            jobs=self.jobs,
            deliveries=self.deliveries,
            pace=self.pace,
            clock=self.clock,
            max_inline_recipients=self.max_inline_recipients,
        )

    @property
    def deliverer(self) -> Deliverer:
        return Deliverer(
            subscriptions=self.subscriptions,
            counts=self.counts,
            fanout=self.fanout,
            jobs=self.jobs,
            deliveries=self.deliveries,
            pace=self.pace,
            clock=self.clock,
            sleep=self.sleep,
            page_size=self.page_size,
        )

    @property
    def following(self) -> Following:
        return Following(self.policy, self.jobs, self.clock)

    @property
    def later(self) -> Later:
        return Later(
            {
                RetryJob: Retrying(self.fanout, self.counts).retry,
                JoinJob: self.announcing.settle,
                LeaveJob: self.announcing.settle,
                ScheduledJob: self.scheduled_sending.send,
                RevokeJob: self.revocation.settle,
            }
        )

    @property
    def idempotency(self) -> Idempotency:
        return Idempotency(self.attempts, self.clock, self.new_id)

    @property
    def publishing(self) -> Publishing:
        return Publishing(self.sends, self.broadcasts, self.clock)

    @property
    def scheduling(self) -> Scheduling:
        return Scheduling(
            publishing=self.publishing,
            accounts=self.accounts,
            scheduled=self.scheduled,
            timetable=self.timetable,
            later=self.later_queue,
            clock=self.clock,
        )

    @property
    def batches(self) -> Batches:
        return Batches(self.scheduling, self.publishing)

    @property
    def due_scan(self) -> DueScan:
        return DueScan(self.scheduled, self.timetable, self.later_queue, self.clock)

    @property
    def scheduled_sending(self) -> ScheduledSending:
        return ScheduledSending(
            publishing=self.publishing,
            accounts=self.accounts,
            scheduled=self.scheduled,
            later=self.later_queue,
            clock=self.clock,
            follow=self.follow,
        )

    def follow(self, correlation_id: str) -> None:
        self.correlation_id = correlation_id

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(round(seconds * 1000))

    def deliver_all(self) -> None:
        """Until the queue of deliveries is empty, whatever its messages wait for."""
        while self.deliveries.waiting:
            job, delay = self.deliveries.waiting.pop(0)
            self.clock.advance(delay * 1000)
            self.deliverer.run(job, lambda: 2 * RESERVE_MS)

    def do_later(self) -> None:
        """Until the queue for later is empty, whatever its messages wait for."""
        while self.later_queue.waiting:
            job, delay = self.later_queue.waiting.pop(0)
            self.clock.advance(delay * 1000)
            self.later.run(job)

    def add_user(self, name: str, *roles: str, tenant: str | None = None) -> None:
        request = CreateUser(name, PASSWORD, list(roles), tenant)
        self.users.add(new_user(request, self.hasher, self.clock()))

    def principal(
        self,
        name: str,
        *roles: str,
        tenant: str | None = None,
        caps: Caps | None = None,
        token_ms: int = HOUR_MS,
    ) -> Principal:
        expires_at = self.clock() + token_ms
        return Principal(Username(name), frozenset(roles), tenant, expires_at, caps or {})

    def token(self, principal: Principal) -> str:
        return sign(self.keyring.signing_key(), principal, self.clock())

    def open(
        self, connection_id: str, principal: Principal, *topics: str, age_ms: int = LONG_AGO_MS
    ) -> Connection:
        """A connection that is stored and reachable, as after a $connect `age_ms` ago."""
        connection = Connection(
            ConnectionId(connection_id),
            principal,
            self.clock() - age_ms,
            frozenset({*implicit_topics(principal), *map(Pattern, topics)}),
        )
        self.deadlines.put([next_deadline(connection, connection.connected_at, self.probe_ms)])
        self.connections.open(connection)
        self.gateway.open.add(connection.id)
        return connection

    def say(self, connection_id: str, text: str) -> list[dict[str, Any]]:
        """Sends a frame; returns what is posted to its connection because of it."""
        before = len(self.gateway.frames(connection_id))
        self.conversation.receive(ConnectionId(connection_id), text)
        return self.gateway.frames(connection_id)[before:]

    def subscriber(self, connection_id: str, pattern: str = "general") -> Subscriber:
        return self.memory.members[Pattern(pattern)][ConnectionId(connection_id)]

    def stored(self, stream: str) -> list[Any]:
        return [stored.frame for stored in self.memory.streams.get(stream, [])]

    @property
    def untouched(self) -> bool:
        """Whether nothing was stored, posted, queued or counted."""
        nothing = (
            self.memory.streams,
            self.gateway.posted,
            self.deliveries.waiting,
            self.later_queue.waiting,
        )
        return not any(nothing) and not self.memory.counters.total()


@pytest.fixture
def world() -> World:
    """alice and bob are members, root an admin; nobody is connected."""
    made = World()
    made.add_user("alice", "member", tenant="acme")
    made.add_user("bob", "manager")
    made.add_user("root", "admin")
    return made


@pytest.fixture
def alice(world: World) -> World:
    """alice, a member of acme, is connected as c1."""
    world.open("c1", world.principal("alice", "member", tenant="acme"))
    return world


def subscribe(world: World, *topics: str, id: str = "s") -> list[dict[str, Any]]:
    return world.say("c1", json.dumps({"type": "subscribe", "id": id, "topics": topics}))


def summary(frames: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [(frame["type"], frame.get("topic"), frame.get("code")) for frame in frames]


def topics_of(world: World, connection_id: str = "c1") -> set[str]:
    return set(world.memory.connections[ConnectionId(connection_id)].topics)


@pytest.fixture
def three(world: World) -> World:
    """alice is connected as c1 and c3, bob as c2."""
    world.open("c1", world.principal("alice", "member"), "orders:eu")
    world.open("c2", world.principal("bob", "manager"), "orders:*")
    world.open("c3", world.principal("alice", "member"))
    return world


@pytest.fixture
def many(three: World) -> World:
    """Three connections are more than a call does itself; `general` has two shards."""
    three.max_inline_recipients = 1
    three.memory.shards[Pattern("general")] = 2
    return three


def content(**fields: Any) -> dict[str, Any]:
    said = {"notification_type": "approved", "title": "Approved", "message": "Loan #12"}
    return {**said, **fields}


def send(world: World, *names: str, by: str = "service", **fields: Any) -> SendResult:
    request = Send(user_ids=list(names), **content(**fields))
    return publish_send(world, world.principal("root", by), request)


def publish_send(world: World, by: Principal, request: Send) -> SendResult:
    result = world.publishing.publish(by, request, Trial(world.new_id()))
    assert isinstance(result, SendResult)
    return result


def broadcast(world: World, pattern: str, by: str = "service", **fields: Any) -> BroadcastResult:
    request = Broadcast(pattern=pattern, **content(**fields))
    return publish_broadcast(world, world.principal("root", by), request)


def publish_broadcast(
    world: World, by: Principal, request: Broadcast, trial: Trial | None = None
) -> BroadcastResult:
    result = world.publishing.publish(by, request, trial or Trial(world.new_id()))
    assert isinstance(result, BroadcastResult)
    return result


def reached(world: World) -> list[str]:
    return sorted(to for to, _ in world.gateway.posted)


class SlowGateway(FakeGateway):
    """Each of whose posts takes as long as one to a peer that has vanished."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self.open = world.gateway.open

    def post(self, connection_id: ConnectionId, frame: bytes) -> Outcome:
        self._world.clock.advance(6_000)
        return super().post(connection_id, frame)


class DyingGateway(FakeGateway):
    """The function is killed in front of its first post."""

    def post(self, connection_id: ConnectionId, frame: bytes) -> Outcome:
        raise KeyboardInterrupt


class DeafQueue(FakeLaterQueue):
    """Takes nothing."""

    def put(self, jobs: Iterable[LaterJob], delay_seconds: int = 0) -> None:
        raise Unavailable("the queue does not answer: try again")


class DeafDeliveries(FakeDeliveries):
    """Takes nothing."""

    def put(self, jobs: Iterable[PartJob], delay_seconds: int = 0) -> None:
        raise Unavailable("the queue does not answer: try again")


class LateStreams(FakeStreams):
    """Somebody subscribes while the notification is on its way into the stream."""

    def __init__(self, world: World, topic: str) -> None:
        super().__init__(world.memory)
        self._world = world
        self._topic = topic

    def append(
        self,
        frame: NotificationFrame,
        at: int,
        expires_at: int,
        excluded: frozenset[Username] = frozenset(),
    ) -> NotificationFrame:
        self._world.open("late", self._world.principal("bob"), self._topic)
        return super().append(frame, at, expires_at, excluded)


class HungGateway(FakeGateway):
    """Whose peers in `hung` have vanished without a word: each is waited for for six seconds, of
    sixteen at once."""

    HANG_MS = 6000
    AT_ONCE = 16

    def __init__(self, world: World) -> None:
        super().__init__()
        self._clock = world.clock
        self.open = world.gateway.open
        self.hung: set[ConnectionId] = set()

    def post(self, connection_id: ConnectionId, frame: bytes) -> Outcome:
        self._wait([connection_id])
        return super().post(connection_id, frame)

    def post_each(
        self, frames: Mapping[ConnectionId, bytes]
    ) -> Iterator[tuple[ConnectionId, Outcome]]:
        self._wait(frames)
        for connection_id, frame in frames.items():
            is_hung = connection_id in self.hung
            yield connection_id, Outcome.FAILED if is_hung else super().post(connection_id, frame)

    def disconnect(self, connection_id: ConnectionId) -> None:
        self._wait([connection_id])
        super().disconnect(connection_id)

    def disconnect_each(self, connection_ids: Iterable[ConnectionId]) -> None:
        ids = list(connection_ids)
        self._wait(ids)
        for connection_id in ids:
            super().disconnect(connection_id)

    def is_open_each(
        self, connection_ids: Iterable[ConnectionId]
    ) -> Iterator[tuple[ConnectionId, bool]]:
        ids = list(connection_ids)
        self._wait(ids)
        return super().is_open_each(ids)

    def _wait(self, connection_ids: Iterable[ConnectionId]) -> None:
        hung = sum(connection_id in self.hung for connection_id in connection_ids)
        self._clock.advance(-(-hung // self.AT_ONCE) * self.HANG_MS)
