"""Thousands come and go, a fifth of their goodbyes are lost; in the end everything is right."""

from collections import Counter
from functools import partial
from random import Random

import pytest

from infra.stores.counts import members_counter
from infra.tables import ConnectionRow, CounterRow, DeadlineRow, SubscriptionRow
from notify.deadlines import MINUTE_MS
from notify.model import MAX_AGE_MS, ROW_GRACE_MS, Connection, ConnectionId, Pattern
from notify.parts import Shard
from notify.ports import TOTALS, Deadline
from notify.sweep import RECOUNT_MINUTES, RESERVE_MS, Sweep
from notify.topics import PARTS, part_of, root
from notify.visits import Visits
from tests.infra.stores.calls import WRITES, Crash, crashes, crashing
from tests.infra.stores.conftest import Stores, fresh
from tests.notify.conftest import PROBE_MS, World
from tests.rows import everything

TOPICS_ASKED = ("orders:eu", "orders:us", "orders:*", "news")
LIFE_MINUTES = (MAX_AGE_MS + ROW_GRACE_MS) // MINUTE_MS + 2


class Churn:
    """A hub and a sweep over some stores, and a gateway that is the truth."""

    def __init__(self, stores: Stores, seed: int = 7, users: int = 100) -> None:
        self.stores = stores
        self.random = Random(seed)
        self.world = World()
        self.world.clock = stores.clock
        self.gateway = self.world.gateway
        self.names = [f"user{number}" for number in range(users)]
        for name in self.names:
            self.world.add_user(name)
        self.world.connections = stores.connections
        self.world.subscriptions = stores.subscriptions
        self.world.deadlines = stores.deadlines  # type: ignore[assignment]
        self.world.max_connections = 10_000
        self.hub = self.world.hub
        fanout = self.world.fanout
        visits = Visits(stores.connections, self.world.users, self.gateway, fanout, PROBE_MS)
        self.sweeping = Sweep(
            stores.deadlines,
            stores.connections,
            stores.recounts,
            visits,
            self.world.replanning,
            stores.clock,
        )
        self.open: dict[ConnectionId, set[str]] = {}
        self.did = Counter[str]()
        self.connects = 0

    def connect(self) -> Connection | None:
        """Somebody comes, and half of them subscribe to something."""
        self.connects += 1
        who = ConnectionId(f"c{self.connects:05}")
        name = self.random.choice(self.names)
        token_ms = self.random.choice([7, 40, 600]) * MINUTE_MS
        self.gateway.open.add(who)
        self.hub.connect(who, self.world.token(self.world.principal(name, token_ms=token_ms)))
        connection = self.stores.connections.get(who)
        assert connection is not None
        self.open[who] = {str(topic) for topic in connection.topics}
        if self.random.random() < 0.5:
            topic = self.random.choice(TOPICS_ASKED)
            self.stores.connections.subscribe(connection, Pattern(topic), 100)
            self.open[who].add(topic)
        return connection

    def leave(self) -> None:
        """A fifth of the goodbyes are lost."""
        who = self.random.choice(sorted(self.open))
        del self.open[who]
        self.gateway.open.discard(who)
        if self.random.random() < 0.2:
            self.did["lost"] += 1
        else:
            self.hub.disconnect(who)

    def sweep(self, minutes: int = 1) -> None:
        for _ in range(minutes):
            self.stores.clock.advance(MINUTE_MS)
            self.did.update(self.sweeping.run(lambda: RESERVE_MS))
        # Whom the sweep has closed is closed for the gateway too.
        self.open = {who: topics for who, topics in self.open.items() if who in self.gateway.open}

    def expected(self) -> tuple[int, int, int]:
        """Connections, users and topics, as `Stores.tally` says them."""
        topics = {topic for held in self.open.values() for topic in held}
        users = {topic for topic in topics if topic.startswith("user:")}
        return len(self.open), len(users), len(topics)

    def check(self) -> None:
        assert self.stores.tally() == self.expected()
        for topic in ("general", *TOPICS_ASKED):
            holders = {who for who, held in self.open.items() if topic in held}
            members = {
                each.connection_id
                for each in self.stores.subscribers(topic)
                if each.pattern == topic
            }
            assert members == holders, topic


def test_ten_thousand_come_and_go_and_a_fifth_of_their_goodbyes_is_lost() -> None:
    with fresh("memory") as stores:
        churn = Churn(stores)
        while churn.connects < 10_000:
            for _ in range(200):
                churn.connect()
            for _ in range(churn.random.randrange(150, 210)):
                if churn.open:
                    churn.leave()
            churn.sweep()
        assert churn.did["lost"] > 1500
        churn.sweep(PROBE_MS // MINUTE_MS + 1)
        assert churn.open
        churn.check()
        assert churn.did["gone"] + churn.did["expired"] > 1500

        churn.sweep(LIFE_MINUTES)
        churn.gateway.open.clear()
        churn.sweep(LIFE_MINUTES)
        churn.check()
        assert stores.tally() == (0, 0, 0)


# On DynamoDB


def ttl(now: int) -> None:
    """What DynamoDB does once it comes to it: it counts nothing out."""
    rows: list[ConnectionRow | SubscriptionRow] = [
        *everything(ConnectionRow),
        *everything(SubscriptionRow),
    ]
    for row in rows:
        if row.expires_at <= now // 1000:
            row.delete()


def nothing_is_left() -> bool:
    rows = [*everything(ConnectionRow), *everything(SubscriptionRow)]
    counted = [row for row in everything(CounterRow) if row.value]
    deadlines = [row.bucket for row in everything(DeadlineRow)]
    waiting = [bucket for bucket in deadlines if not bucket.endswith(("swept", "#counts"))]
    return not (rows or counted or waiting)


def repeat_an_addition(topic: str) -> None:
    """ADD is not idempotent: botocore repeats it after a timeout though DynamoDB has done it."""
    CounterRow(members_counter(Pattern(topic)), 0).update(actions=[CounterRow.value.add(1)])


@pytest.mark.timeout(600)
def test_hundreds_come_and_go_and_some_die_on_the_way(dynamo: Stores) -> None:
    churn = Churn(dynamo, users=20)
    while churn.connects < 200:
        for _ in range(20):
            if churn.random.random() < 0.1:  # $connect dies in front of one of its calls
                try:
                    with crashing(churn.random.randrange(1, 12)):
                        churn.connect()
                except Crash:
                    churn.gateway.open.discard(ConnectionId(f"c{churn.connects:05}"))
                    churn.did["died"] += 1
            else:
                churn.connect()
        for _ in range(16):
            if churn.open:
                churn.leave()
        repeat_an_addition(churn.random.choice(["general", "news", "user:user1"]))
        churn.open = {who: held for who, held in churn.open.items() if who in churn.gateway.open}
        churn.sweep()
    assert churn.did["lost"] > 20
    assert churn.did["died"] > 5
    churn.sweep(PARTS + PROBE_MS // MINUTE_MS + 4)
    assert churn.open
    churn.check()

    churn.gateway.open.clear()
    churn.sweep(PROBE_MS // MINUTE_MS + 2)
    churn.check()
    assert nothing_is_left()


def test_rows_that_their_ttl_has_ended_are_counted_out(dynamo: Stores) -> None:
    churn = Churn(dynamo, users=1)
    churn.sweep()
    for _ in range(3):
        churn.connect()
    ttl(dynamo.clock() + LIFE_MINUTES * MINUTE_MS)
    churn.gateway.open.clear()
    churn.sweep(PROBE_MS // MINUTE_MS + RECOUNT_MINUTES + 3)
    recount(dynamo, "general", "user:user0", *TOPICS_ASKED)
    churn.check()
    assert nothing_is_left()


def recount(stores: Stores, *topics: str) -> None:
    """What the rounds of an hour or two come to."""
    for _ in range(4):
        for topic in map(Pattern, topics):
            stores.recounts.look(Shard(topic, 0), stores.clock())
            stores.recounts.look(Shard(TOTALS, part_of(root(topic))), stores.clock())
        stores.clock.advance(MINUTE_MS)


@pytest.mark.timeout(600)
def test_a_sweep_may_die_in_front_of_any_write() -> None:
    for crash in crashes(of=WRITES):
        with fresh("dynamodb") as stores:
            churn = Churn(stores, users=1)
            gone, orphaned, ending = (stores.open(name) for name in ("c1", "c2", "c3"))
            stores.lose_row(orphaned.id)
            churn.world.add_user(ending.principal.username)
            churn.gateway.open.add(ending.id)
            minute = stores.clock() // MINUTE_MS + PROBE_MS // MINUTE_MS
            token_end = ConnectionRow.token_expires_at.set((minute + 2) * MINUTE_MS)
            ConnectionRow(ending.id).update(actions=[token_end])
            topics = gone.topics
            stores.deadlines.put(
                Deadline(each.id, minute * MINUTE_MS, topics) for each in (gone, orphaned, ending)
            )
            stores.deadlines.finish(minute - 1)

            stores.clock.advance(PROBE_MS)
            crash(partial(churn.sweeping.run, lambda: RESERVE_MS))
            churn.sweep(4)

            first, *others = [frame["type"] for frame in churn.gateway.frames(ending.id)]
            assert (first, others[-1]) == ("token_expiring", "error")
            recount(stores, "general")
            assert nothing_is_left()
