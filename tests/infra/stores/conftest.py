"""The stores twice: in memory and on DynamoDB in moto. What holds for one holds for the other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
from moto import mock_aws

from infra import tables
from infra.engines import OVER_CURL
from infra.stores.attempts import DynamoAttempts
from infra.stores.broadcasts import DynamoBroadcastJobs
from infra.stores.connections import DynamoConnections
from infra.stores.counts import DynamoCounts
from infra.stores.credentials import DynamoCredentials
from infra.stores.deadlines import DynamoDeadlines
from infra.stores.inbox import DynamoMarks
from infra.stores.limits import DynamoLimits
from infra.stores.recounts import DynamoRecounts
from infra.stores.scheduled import DynamoScheduled
from infra.stores.sightings import DynamoSightings
from infra.stores.streams import DynamoStreams
from infra.stores.subscriptions import DynamoSubscriptions
from infra.stores.timetable import DynamoTimetable
from infra.stores.users import DynamoUsers
from infra.tables import ConnectionRow
from notify.errors import RateLimited
from notify.model import Caps, Connection, ConnectionId, Pattern, Principal, Subscriber, Username
from notify.ports import (
    Attempts,
    BroadcastJobs,
    Connections,
    Counts,
    Credentials,
    Deadlines,
    Limits,
    Marks,
    Recounts,
    Sightings,
    Streams,
    Subscriptions,
    Users,
)
from notify.timetable import Scheduled, Timetable
from tests.aws import PREFIX, REGION, create_tables
from tests.fakes import (
    NOW,
    FakeAttempts,
    FakeBroadcastJobs,
    FakeClock,
    FakeConnections,
    FakeCounts,
    FakeCredentials,
    FakeDeadlines,
    FakeIds,
    FakeLimits,
    FakeMarks,
    FakeRecounts,
    FakeScheduled,
    FakeSightings,
    FakeStreams,
    FakeSubscriptions,
    FakeTimetable,
    FakeUsers,
    Memory,
)
from tests.rows import carry_to_moto

HOUR_MS = 3_600_000


class NewTopicsOf(list[Username]):
    """Who was the first in a topic, as often as they were; `full` once nobody may be."""

    full = False

    def admit(self, username: Username) -> None:
        if self.full:
            raise RateLimited("too many", 1000, 1)
        self.append(username)


@dataclass
class Stores:
    """One of each, over one memory."""

    clock: FakeClock
    users: Users
    connections: Connections
    subscriptions: Subscriptions
    streams: Streams
    counts: Counts
    marks: Marks
    jobs: BroadcastJobs
    attempts: Attempts
    scheduled: Scheduled
    timetable: Timetable
    sightings: Sightings
    lose_row: Callable[[ConnectionId], object]
    begin_to_close: Callable[[ConnectionId], object]
    deadlines: Deadlines
    recounts: Recounts
    credentials: Credentials
    limits: Limits
    new_topics: NewTopicsOf

    def reaches(self, pattern: str) -> set[str]:
        """The connections that a broadcast to the pattern meets."""
        return {subscriber.connection_id for subscriber in self.subscribers(pattern)}

    def subscribers(self, pattern: str) -> list[Subscriber]:
        return [
            subscriber
            for audience in self.subscriptions.audiences(Pattern(pattern))
            for shard in range(audience.shards)
            for subscriber in self.subscriptions.page(
                audience.pattern, shard, None, 1000, self.clock()
            ).subscribers
        ]

    def members(self, pattern: str) -> int:
        """How many the store says there are."""
        audiences = self.subscriptions.audiences(Pattern(pattern))
        return sum(self.subscriptions.sizes(audiences).values())

    def tally(self) -> tuple[int, int, int]:
        totals = self.counts.totals()
        return totals.connections, totals.users, totals.topics

    def open(self, connection_id: str, *topics: str, user: str = "alice") -> Connection:
        connection = a_connection(connection_id, *topics, user=user)
        self.connections.open(connection)
        return connection


def a_connection(
    connection_id: str,
    *topics: str,
    user: str = "alice",
    roles: tuple[str, ...] = (),
    tenant: str | None = None,
    caps: Caps | None = None,
) -> Connection:
    """Its topics are `general` and those given."""
    principal = Principal(Username(user), frozenset(roles), tenant, NOW + HOUR_MS, caps or {})
    patterns = frozenset(map(Pattern, ("general", *topics)))
    return Connection(ConnectionId(connection_id), principal, NOW, patterns)


def in_memory() -> Stores:
    new_topics, users = NewTopicsOf(), FakeUsers()
    memory = Memory(admit_topic=new_topics.admit)
    return Stores(
        memory.clock,
        users,
        FakeConnections(memory),
        FakeSubscriptions(memory),
        FakeStreams(memory),
        FakeCounts(memory),
        FakeMarks(),
        FakeBroadcastJobs(),
        FakeAttempts(),
        FakeScheduled(),
        FakeTimetable(),
        FakeSightings(),
        memory.connections.pop,
        memory.begin_to_close,
        FakeDeadlines(),
        FakeRecounts(memory),
        FakeCredentials(users.families),
        FakeLimits(),
        new_topics,
    )


def in_dynamodb() -> Stores:
    clock, new_topics = FakeClock(), NewTopicsOf()
    return Stores(
        clock,
        DynamoUsers(),
        DynamoConnections(clock, new_topics.admit),
        DynamoSubscriptions(),
        DynamoStreams(FakeIds()),
        DynamoCounts(),
        DynamoMarks(),
        DynamoBroadcastJobs(clock, FakeIds()),
        DynamoAttempts(),
        DynamoScheduled(),
        DynamoTimetable(),
        DynamoSightings(FakeIds()),
        lambda connection_id: ConnectionRow(connection_id).delete(),
        _begin_to_close,
        DynamoDeadlines(),
        DynamoRecounts(),
        DynamoCredentials(FakeIds()),
        DynamoLimits(),
        new_topics,
    )


def _begin_to_close(connection_id: ConnectionId) -> None:
    ConnectionRow(connection_id).update(actions=[ConnectionRow.closing.set(True)])


@contextmanager
def fresh(kind: str) -> Iterator[Stores]:
    """Empty stores, for tests that need more than one of them."""
    if kind == "memory":
        yield in_memory()
        return
    with mock_aws():
        create_tables()
        tables.bind(PREFIX, REGION)
        carry_to_moto()
        yield in_dynamodb()


@pytest.fixture
def dynamo() -> Iterator[Stores]:
    with fresh("dynamodb") as made:
        yield made


@pytest.fixture
def by_pages(dynamo: Stores) -> Stores:
    if not OVER_CURL:
        pytest.skip("its errors are those of our own rows")
    from infra.stores.subscriber_pages import CurlSubscriptions

    return replace(dynamo, subscriptions=CurlSubscriptions(REGION))


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        return in_memory()
    made: Stores = request.getfixturevalue("dynamo")
    return made
