"""The ports of notify in memory: honest, single-threaded, and open to look into."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from notify.codes import Code
from notify.credentials import Family
from notify.errors import Conflict, Invalid, Unknown
from notify.frames import NotificationFrame, StoredNotification
from notify.jobs import LaterJob, PartJob
from notify.model import (
    Connection,
    ConnectionId,
    Pattern,
    Position,
    Principal,
    Subscriber,
    User,
    Username,
)
from notify.parts import Shard
from notify.ports import MAX_ACKED, Audience, Branch, Outcome, Page, StreamPage, Totals
from notify.topics import ANYTHING, EVERY_USER, EVERYBODY, covers, is_user_topic, user_topic
from tests.fakes.attempts import FakeAttempts as FakeAttempts
from tests.fakes.broadcasts import FakeBroadcastJobs as FakeBroadcastJobs
from tests.fakes.credentials import (
    FakeCredentials as FakeCredentials,
)
from tests.fakes.credentials import (
    FakeRandomBytes as FakeRandomBytes,
)
from tests.fakes.deadlines import FakeDeadlines as FakeDeadlines
from tests.fakes.deadlines import FakeRecounts as FakeRecounts
from tests.fakes.inbox import FakeMarks as FakeMarks
from tests.fakes.limits import FakeLimits as FakeLimits
from tests.fakes.scheduled import FakeScheduled as FakeScheduled
from tests.fakes.scheduled import FakeTimetable as FakeTimetable
from tests.fakes.sightings import FakeSightings as FakeSightings

NOW = 1_767_225_600_000  # 2026-01-01T00:00:00.000Z
COUNTERS = ("sent", "delivered", "gone", "failed", "acked")


@dataclass
class FakeClock:
    """Stands still until a test moves it."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now

    def advance(self, ms: int) -> None:
        self.now += ms


@dataclass
class FakeIds:
    """`ntf_0001`, `ntf_0002` …"""

    given: int = 0

    def __call__(self) -> str:
        self.given += 1
        return f"ntf_{self.given:04}"


class FakeUsers:
    def __init__(self) -> None:
        self.by_name: dict[Username, User] = {}
        self.removed_at: dict[Username, int] = {}
        self.changes = 0
        self.families: dict[str, Family] = {}

    def get(self, username: Username) -> User | None:
        return self.by_name.get(username)

    def get_each(self, usernames: Iterable[Username]) -> Mapping[Username, User]:
        return {name: self.by_name[name] for name in usernames if name in self.by_name}

    def add(self, user: User) -> None:
        if user.username in self.by_name:
            raise Conflict(f"the user exists already: {user.username}")
        revoked_before = self.removed_at.get(user.username, 0)
        self._write(replace(user, revoked_before=revoked_before))

    def replace(self, user: User) -> None:
        self._require(user.username)
        if self.by_name[user.username].version != user.version:
            raise Conflict(f"the user has changed meanwhile: {user.username}")
        self._write(user)

    def end_family(self, user: User, sid: str) -> None:
        self.replace(user)
        self.families.pop(sid, None)

    def remove(self, username: Username, now: int) -> None:
        self._require(username)
        del self.by_name[username]
        self.removed_at[username] = now

    def revoke_before(self, username: Username, at: int) -> None:
        user = self.by_name.get(username)
        if user is not None and user.revoked_before < at:
            self._write(replace(user, revoked_before=at))
        if user is None and self.removed_at.get(username, at) < at:
            self.removed_at[username] = at

    def _write(self, user: User) -> None:
        self.changes += 1
        self.by_name[user.username] = replace(user, version=self.changes)

    def _require(self, username: Username) -> None:
        if username not in self.by_name:
            raise Unknown(f"no such user: {username}")


@dataclass
class Memory:
    """What the stores share. `shards` spreads a topic, which is over one shard otherwise."""

    clock: FakeClock = field(default_factory=FakeClock)
    connections: dict[ConnectionId, Connection] = field(default_factory=dict)
    members: dict[Pattern, dict[ConnectionId, Subscriber]] = field(default_factory=dict)
    expires_at: dict[ConnectionId, int] = field(default_factory=dict)
    shards: dict[Pattern, int] = field(default_factory=dict)
    streams: dict[str, list[StoredNotification]] = field(default_factory=dict)
    counters: Counter[str] = field(default_factory=Counter)
    admit_topic: Callable[[Username], object] = lambda _: None

    def begin_to_close(self, connection_id: ConnectionId) -> None:
        """As somebody who dies of it."""
        self.connections[connection_id] = replace(self.connections[connection_id], closing=True)

    def live(self) -> list[Pattern]:
        return [pattern for pattern, members in self.members.items() if members]


class FakeConnections:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def open(self, connection: Connection) -> None:
        self._memory.connections[connection.id] = connection
        self._memory.expires_at[connection.id] = connection.expires_at
        for pattern in connection.topics:
            self._add(connection, pattern)

    def get(self, connection_id: ConnectionId) -> Connection | None:
        connection = self._memory.connections.get(connection_id)
        if connection is None or connection.closing:
            return None
        return connection if connection.expires_at > self._memory.clock() else None

    def subscribe(self, connection: Connection, pattern: Pattern, limit: int) -> None:
        current = self.get(connection.id)
        if current is None:
            raise Unknown("the connection is closed")
        _require_token(connection, current)
        if pattern in current.topics:
            return
        if max(len(connection.topics), len(current.topics)) >= limit:
            raise Invalid(f"a connection holds at most {limit} topics")
        if pattern not in self._memory.members and pattern not in self._memory.streams:
            self._memory.admit_topic(connection.principal.username)
        self._memory.connections[current.id] = replace(current, topics=current.topics | {pattern})
        self._add(current, pattern)

    def unsubscribe(self, connection: Connection, pattern: Pattern) -> None:
        current = self._memory.connections.get(connection.id)
        if current is None or current.closing:
            return
        _require_token(connection, current)
        if pattern not in current.topics:
            return
        self._memory.connections[current.id] = replace(current, topics=current.topics - {pattern})
        del self._memory.members[pattern][current.id]

    def acknowledge(self, connection_id: ConnectionId, stream: Pattern, seq: int) -> bool:
        current = self.get(connection_id)
        if current is None:
            raise Unknown("the connection is closed")
        if current.acked.get(stream, -1) >= seq:
            return False
        if stream not in current.acked and len(current.acked) >= MAX_ACKED:
            raise Invalid(f"a connection acknowledges at most {MAX_ACKED} streams")
        acked = {**current.acked, stream: seq}
        self._memory.connections[current.id] = replace(current, acked=acked)
        return True

    def renew(self, connection: Connection, principal: Principal) -> Connection:
        current = self.get(connection.id)
        if current is None:
            raise Unknown("the connection is closed")
        if current.renewals == connection.renewals + 1 and current.principal == principal:
            return current
        _require_token(connection, current)
        renewed = replace(current, principal=principal, renewals=current.renewals + 1)
        self._memory.connections[current.id] = renewed
        for pattern in current.topics:
            member = self._memory.members[pattern][current.id]
            if principal.token_expires_at < member.token_expires_at:
                self._set_token_end(member, principal.token_expires_at)
        return renewed

    def extend(self, subscriber: Subscriber, token_expires_at: int) -> None:
        member = self._memory.members.get(subscriber.pattern, {}).get(subscriber.connection_id)
        if member is not None and member.token_expires_at == subscriber.token_expires_at:
            self._set_token_end(member, token_expires_at)

    def _set_token_end(self, member: Subscriber, token_expires_at: int) -> None:
        renewed = replace(member, token_expires_at=token_expires_at)
        self._memory.members[member.pattern][member.connection_id] = renewed

    def close(self, connection_id: ConnectionId) -> Connection | None:
        connection = self._memory.connections.pop(connection_id, None)
        for pattern in connection.topics if connection else ():
            self._memory.members[pattern].pop(connection_id, None)
        return None if connection is None else replace(connection, closing=False)

    def forget(self, subscriber: Subscriber) -> Connection | None:
        closed = self.close(subscriber.connection_id)
        self._memory.members.get(subscriber.pattern, {}).pop(subscriber.connection_id, None)
        return closed

    def get_each(self, connection_ids: Iterable[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        rows = self._memory.connections
        return {who: rows[who] for who in connection_ids if who in rows}

    def clear(self, lost: Mapping[ConnectionId, frozenset[Pattern]]) -> set[Shard]:
        places = set()
        for who, topics in lost.items():
            for pattern in topics:
                self._memory.members.get(pattern, {}).pop(who, None)
                places.add(Shard(pattern, self._shard(who, pattern)))
        return places

    def _shard(self, connection_id: ConnectionId, pattern: Pattern) -> int:
        return sum(connection_id.encode()) % self._memory.shards.get(pattern, 1)

    def _add(self, connection: Connection, pattern: Pattern) -> None:
        members = self._memory.members.setdefault(pattern, {})
        members[connection.id] = Subscriber(
            connection_id=connection.id,
            username=connection.principal.username,
            connected_at=connection.connected_at,
            token_expires_at=connection.principal.token_expires_at,
            pattern=pattern,
            shard=self._shard(connection.id, pattern),
        )


def _require_token(connection: Connection, current: Connection) -> None:
    if connection.renewals != current.renewals:
        raise Conflict("the connection has another token by now: try again")


class FakeSubscriptions:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def audiences(self, pattern: Pattern) -> list[Audience]:
        wanted = EVERYBODY if pattern in (ANYTHING, EVERY_USER) else pattern
        return [
            Audience(live, self._memory.shards.get(live, 1))
            for live in self._memory.live()
            if covers(live, wanted) or covers(wanted, live)
        ]

    def exactly(self, patterns: Iterable[Pattern]) -> list[Audience]:
        live = set(self._memory.live())
        return [
            Audience(pattern, self._memory.shards.get(pattern, 1))
            for pattern in patterns
            if pattern in live
        ]

    def sizes(self, audiences: Iterable[Audience]) -> Mapping[Shard, int]:
        return Counter(
            Shard(member.pattern, member.shard)
            for audience in audiences
            for member in self._memory.members.get(audience.pattern, {}).values()
        )

    def page(
        self, pattern: Pattern, shard: int, after: ConnectionId | None, limit: int, now: int
    ) -> Page:
        members = self._memory.members.get(pattern, {})
        inside = sorted(who for who in members if members[who].shard == shard)
        behind = [who for who in inside if after is None or who > after]
        read = behind[:limit]
        alive = tuple(members[who] for who in read if self._memory.expires_at[who] > now)
        return Page(alive, after=read[-1] if len(behind) > limit else None)


class FakeStreams:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def head(self, stream: Pattern) -> Position:
        return Position("epoch", len(self._memory.streams.get(stream, [])))

    def heads(self, streams: Iterable[Pattern]) -> Mapping[Pattern, Position]:
        return {stream: self.head(stream) for stream in streams}

    def begun(self, streams: Iterable[Pattern]) -> Mapping[Pattern, Position]:
        return {stream: self.head(stream) for stream in streams if stream in self._memory.streams}

    def below(self, wildcard: Pattern, limit: int) -> Branch:
        names = {Pattern(name) for name in self._memory.streams} | set(self._memory.members)
        below = sorted(name for name in names - {wildcard} if covers(wildcard, name))
        return Branch(self.begun(below[:limit]), more=len(below) > limit)

    def append(
        self,
        frame: NotificationFrame,
        at: int,
        expires_at: int,
        excluded: frozenset[Username] = frozenset(),
    ) -> NotificationFrame:
        stored = self._memory.streams.setdefault(frame.stream, [])
        numbered = msgspec.structs.replace(frame, epoch="epoch", seq=len(stored) + 1)
        stored.append(StoredNotification(numbered, at, expires_at, excluded))
        return numbered

    def after(self, stream: Pattern, seq: int, limit: int, now: int) -> StreamPage:
        rows = self._memory.streams.get(stream, [])
        read = rows[seq : seq + limit]
        return _stream_page(read, seq + len(read), len(rows) > seq + len(read), now)

    def before(self, stream: Pattern, seq: int | None, limit: int, now: int) -> StreamPage:
        rows = self._memory.streams.get(stream, [])
        end = len(rows) if seq is None else seq - 1
        read = rows[max(0, end - limit) : max(0, end)]
        return _stream_page(read[::-1], end - len(read) + 1, end - len(read) > 0, now)

    def numbered(
        self, places: Collection[tuple[Pattern, int]]
    ) -> Mapping[tuple[Pattern, int], StoredNotification]:
        streams = self._memory.streams
        return {
            (stream, seq): streams[stream][seq - 1]
            for stream, seq in places
            if 0 < seq <= len(streams.get(stream, []))
        }

    def reached(self, stream: Pattern, seq: int) -> None:
        assert seq <= self.head(stream).seq  # here no head lags

    def find(self, stream: Pattern, notification_id: str, since: int) -> NotificationFrame | None:
        for stored in self._memory.streams.get(stream, []):
            if stored.frame.id == notification_id and stored.at >= since:
                return stored.frame
        return None


def _stream_page(read: list[StoredNotification], through: int, more: bool, now: int) -> StreamPage:
    return StreamPage(tuple(each for each in read if each.expires_at > now), through, more)


class FakeCounts:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def add(self, amounts: Mapping[str, int]) -> None:
        self._memory.counters.update(amounts)

    def totals(self) -> Totals:
        live = [pattern for pattern in self._memory.live() if self._counts(pattern)]
        return Totals(
            connections=len(self._memory.members.get(EVERYBODY, {})),
            users=sum(is_user_topic(pattern) for pattern in live),
            topics=len(live),
            counters={name: self._memory.counters[name] for name in COUNTERS},
        )

    def _counts(self, pattern: Pattern) -> bool:
        """Who is only watched is not connected."""
        members = self._memory.members[pattern].values()
        names = {user_topic(member.username) for member in members}
        return not is_user_topic(pattern) or pattern in names


class FakeGateway:
    """`open` says who is reachable, `throttled` whose posts fail; posts are recorded, in order."""

    def __init__(self) -> None:
        self.open: set[ConnectionId] = set()
        self.throttled: set[ConnectionId] = set()
        self.posted: list[tuple[ConnectionId, dict[str, Any]]] = []
        self.disconnected: list[ConnectionId] = []
        self.asked: list[ConnectionId] = []

    def frames(self, connection_id: str) -> list[dict[str, Any]]:
        return [frame for to, frame in self.posted if to == connection_id]

    def post(self, connection_id: ConnectionId, frame: bytes) -> Outcome:
        if connection_id in self.throttled:
            return Outcome.FAILED
        if connection_id not in self.open:
            return Outcome.GONE
        self.posted.append((connection_id, json.loads(frame)))
        return Outcome.POSTED

    def post_each(
        self, frames: Mapping[ConnectionId, bytes]
    ) -> Iterator[tuple[ConnectionId, Outcome]]:
        for connection_id, frame in frames.items():
            yield connection_id, self.post(connection_id, frame)

    def disconnect(self, connection_id: ConnectionId) -> None:
        self.open.discard(connection_id)
        self.disconnected.append(connection_id)

    def disconnect_each(self, connection_ids: Iterable[ConnectionId]) -> None:
        for connection_id in list(connection_ids):
            self.disconnect(connection_id)

    def is_open(self, connection_id: ConnectionId) -> bool:
        self.asked.append(connection_id)
        return connection_id in self.open | self.throttled

    def is_open_each(
        self, connection_ids: Iterable[ConnectionId]
    ) -> Iterator[tuple[ConnectionId, bool]]:
        for connection_id in list(connection_ids):
            yield connection_id, self.is_open(connection_id)


@dataclass
class FakeRefusals:
    waiting: list[tuple[ConnectionId, Code]] = field(default_factory=list)

    def put(self, connection_id: ConnectionId, code: Code) -> None:
        self.waiting.append((connection_id, code))


@dataclass
class FakeDeliveries:
    """Jobs with their delay, in the order put."""

    waiting: list[tuple[PartJob, int]] = field(default_factory=list)

    def put(self, jobs: Iterable[PartJob], delay_seconds: int = 0) -> None:
        self.waiting.extend((job, delay_seconds) for job in jobs)

    def take(self) -> list[PartJob]:
        """Everything that waits, whatever its delay; the queue is empty behind it."""
        taken = [job for job, _ in self.waiting]
        self.waiting.clear()
        return taken


@dataclass
class FakeLaterQueue:
    """The same for what is put off."""

    waiting: list[tuple[LaterJob, int]] = field(default_factory=list)

    def put(self, jobs: Iterable[LaterJob], delay_seconds: int = 0) -> None:
        self.waiting.extend((job, delay_seconds) for job in jobs)

    def take(self) -> list[LaterJob]:
        taken = [job for job, _ in self.waiting]
        self.waiting.clear()
        return taken
