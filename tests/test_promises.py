"""The promise: no notification is lost, none reaches anyone whom it is not for, counts are exact.

Anything may happen, in any order: devices come, subscribe, leave and vanish without a word, posts
are throttled, functions die at any operation, SQS hands out messages twice, callers repeat their
requests. Afterwards everything is compared with a model that is too simple to be wrong.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from notify.answers.publishing import publish_answer
from notify.deadlines import MINUTE_MS
from notify.deliveries import RESERVE_MS
from notify.entries import Status
from notify.idempotency import LEASE_MS, Answer
from notify.marks import State
from notify.model import ConnectionId, Principal
from notify.requests import parse_addressed
from notify.topics import user_topic
from tests.notify.conftest import World, content
from tests.notify.killing import DeadlyGateway, Killed, Killer
from tests.promised import Addressed, Device, Promised

DAY_MS = 24 * 3_600_000
USERS = {
    "alice": (("member",), "acme"),
    "bob": (("manager", "member"), None),
    "carol": ((), "acme"),
}
TOPICS = ("orders:eu", "orders:us", "orders:*", "news")
PATTERNS = (
    *TOPICS, "general", "*", "user:*", "role:member", "role:*", "tenant:acme", "user:bob",
)  # fmt: skip

names = st.sampled_from(sorted(USERS))
# Where a function dies: at so many operations of its ports, or nowhere.
deaths = st.one_of(st.none(), st.integers(0, 25))


class Service(World):
    """A service whose every operation may be its last."""

    def __init__(self) -> None:
        super().__init__(max_inline_recipients=2)
        self.page_size = 2
        self.killer = Killer()
        gateway = DeadlyGateway(self.killer.strike)
        self.gateway = gateway
        self.puts, self.later_puts = self.deliveries, self.later_queue
        for port in (
            "streams", "subscriptions", "counts", "jobs", "attempts", "deliveries", "later_queue",
        ):  # fmt: skip
            setattr(self, port, self.killer.at(getattr(self, port)))
        for name, (roles, tenant) in USERS.items():
            self.add_user(name, *roles, tenant=tenant)

    def survives(self, do: Callable[[], object], operations: int | None) -> bool:
        """Whether it was done before the death that comes after so many operations."""
        self.killer.left = operations
        try:
            do()
        except Killed:
            return False
        finally:
            self.killer.left = None
        return True

    def publish(self, body: dict[str, Any], key: str) -> Answer:
        by = self.principal("root", "service")
        return self.idempotency.once(
            by,
            "route",
            key,
            body,
            lambda trial: publish_answer(self.scheduling.accept(by, parse_addressed(body), trial)),
        )


class Promises(RuleBasedStateMachine):
    """Every rule is something that happens to the service."""

    def __init__(self) -> None:
        super().__init__()
        self.service = Service()
        self.devices: dict[str, Device] = {}
        self.promised = Promised()
        self.connects = self.keys = 0

    # The model

    def principal(self, name: str) -> Principal:
        roles, tenant = USERS[name]
        return self.service.principal(name, *roles, tenant=tenant, token_ms=DAY_MS)

    def online(self) -> list[Device]:
        return [device for device in self.devices.values() if self.is_open(device)]

    def is_open(self, device: Device) -> bool:
        return device.id in self.service.gateway.open

    # What happens

    @initialize()
    def two_are_there(self) -> None:
        self.connect("alice")
        self.connect("bob")

    @rule(name=names)
    def connect(self, name: str) -> None:
        self.connects += 1
        who = ConnectionId(f"c{self.connects:03}")
        principal = self.principal(name)
        self.service.gateway.open.add(who)
        self.service.hub.connect(who, self.service.token(principal))
        connection = self.service.connections.get(who)
        assert connection is not None
        self.devices[who] = Device(who, principal, {str(topic) for topic in connection.topics})
        self.service.clock.advance(MINUTE_MS // 2)  # older than the grace of a young connection

    @rule(data=st.data(), topic=st.sampled_from(TOPICS), leaves=st.booleans())
    def subscribe(self, data: st.DataObject, topic: str, leaves: bool) -> None:
        if not (online := self.online()):
            return
        device = data.draw(st.sampled_from(online))
        verb = "unsubscribe" if leaves else "subscribe"
        frames = self.service.say(device.id, json.dumps({"type": verb, "topics": [topic]}))
        if device.id in self.service.gateway.throttled:
            frames = [{"type": f"{verb}d"}]  # it was done, though the device has not heard so
        assert [frame["type"] for frame in frames if frame["type"] != "notification"] == [
            f"{verb}d"
        ]
        if leaves:
            device.topics.discard(topic)
            self.promised.forgo(device)
        else:
            device.subscribe(topic)

    @rule(data=st.data(), is_told=st.booleans())
    def leave(self, data: st.DataObject, is_told: bool) -> None:
        """With a $disconnect or without one: API Gateway calls it at its best effort."""
        if not (online := self.online()):
            return
        device = data.draw(st.sampled_from(online))
        self.service.gateway.open.discard(device.id)
        self.service.gateway.throttled.discard(device.id)
        if is_told:
            self.service.hub.disconnect(ConnectionId(device.id))

    @rule(data=st.data())
    def throttle(self, data: st.DataObject) -> None:
        if online := self.online():
            who = ConnectionId(data.draw(st.sampled_from(online)).id)
            self.service.gateway.throttled ^= {who}

    @rule(to=st.sets(names, min_size=1), deaths=st.lists(deaths, max_size=2))
    def send(self, to: set[str], deaths: list[int | None]) -> None:
        self._publish(content(user_ids=sorted(to)), deaths, Addressed(frozenset(to)))

    @rule(
        pattern=st.sampled_from(PATTERNS),
        excluded=st.sets(names, max_size=1),
        deaths=st.lists(deaths, max_size=2),
    )
    def broadcast(self, pattern: str, excluded: set[str], deaths: list[int | None]) -> None:
        body = content(pattern=pattern, exclude_user_ids=sorted(excluded))
        to = Addressed(pattern=pattern, excluded=frozenset(excluded))
        self._publish(body, deaths, to)

    def _publish(self, body: dict[str, Any], deaths: list[int | None], to: Addressed) -> None:
        """The caller repeats the request until there is an answer, and once more at that."""
        due = [device.id for device in self.online() if to.is_due_to(device)]
        self.keys += 1
        key, service = f"key{self.keys}", self.service
        for operations in (*deaths, None):
            if service.survives(lambda: service.publish(body, key), operations):
                break
            service.clock.advance(LEASE_MS)
        answer = service.publish(body, key)
        assert answer.replayed
        assert answer.status in (200, 202)
        self.promised.publish(json.loads(answer.body)["notification_id"], to, due)

    @rule(seed=st.integers(0, 1000), operations=deaths, is_doubled=st.booleans())
    def deliver(self, seed: int, operations: int | None, is_doubled: bool) -> None:
        """SQS hands out some message, perhaps twice; a worker that dies leaves it in the queue."""
        waiting = self.service.puts.waiting
        if not waiting:
            return
        job, delay = waiting.pop(Random(seed).randrange(len(waiting)))
        self.service.clock.advance(delay * 1000)
        done: list[object] = []

        def work() -> None:
            done.append(self.service.deliverer.run(job, lambda: 2 * RESERVE_MS))

        survived = self._posts_late(work, operations)
        if is_doubled or not survived or done == [None]:
            waiting.append((job, 0))

    @rule(seed=st.integers(0, 1000), operations=deaths, is_doubled=st.booleans())
    def do_later(self, seed: int, operations: int | None, is_doubled: bool) -> None:
        waiting = self.service.later_puts.waiting
        if not waiting:
            return
        job, delay = waiting.pop(Random(seed).randrange(len(waiting)))
        self.service.clock.advance(delay * 1000)
        survived = self._posts_late(lambda: self.service.later.run(job), operations)
        if is_doubled or not survived:
            waiting.append((job, 0))

    def _posts_late(self, work: Callable[[], object], operations: int | None) -> bool:
        """Only to whom it is for at that time. Returns whether the function survived."""
        posted = self.service.gateway.posted
        before = len(posted)
        survived = self.service.survives(work, operations)
        for who, frame in posted[before:]:
            due = self.promised.is_due_to(self.devices[who], frame.get("id", ""))
            assert due, "it reached somebody who had given the topic back"
        return survived

    @rule(name=names, data=st.data(), state=st.sampled_from(State))
    def mark(self, name: str, data: st.DataObject, state: State) -> None:
        principal = self.principal(name)
        if not (inbox := self.promised.ids_of(principal)):
            return
        ids = data.draw(st.lists(st.sampled_from(inbox), min_size=1, max_size=3, unique=True))
        self.service.inbox.mark(principal, ids, state)
        self.promised.mark(principal, ids, state)

    @rule(name=names, state=st.sampled_from([State.SEEN, State.READ, State.ARCHIVED]))
    def mark_all(self, name: str, state: State) -> None:
        principal = self.principal(name)
        self.service.inbox.mark_all(principal, state, None)
        self.promised.mark_all(principal, state)

    @rule()
    def sweep(self) -> None:
        self.service.clock.advance(MINUTE_MS)
        self.service.sweep.run(lambda: 10 * RESERVE_MS)

    # What must be true in the end

    def teardown(self) -> None:
        self._settle()
        self._check_devices()
        self._check_inboxes()
        self._check_counts()

    def _settle(self) -> None:
        """The storm is over: nothing is throttled or dies, and the queues run empty."""
        service = self.service
        service.gateway.throttled.clear()
        while service.puts.waiting or service.later_puts.waiting:
            for number in range(2):
                self.deliver(number, None, is_doubled=False)
                self.do_later(number, None, is_doubled=False)
        # Long enough for every connection to be asked for once.
        for _ in range(17):
            self.sweep()

    def _check_devices(self) -> None:
        known = {each.id for each in self.promised.published}
        for device in self.devices.values():
            heard = {frame.get("id") for frame in self.service.gateway.frames(device.id)}
            allowed = self.promised.allowed_to(device)
            assert heard & known <= allowed, "it reached somebody whom it was not for"
            if self.is_open(device):
                due = self.promised.due_to(device)
                assert due <= heard, "somebody was there and did not get it"

    def _check_inboxes(self) -> None:
        for name in USERS:
            principal = self.principal(name)
            expected = self.promised.inbox(principal)
            page = self.service.inbox.page(principal, Status.ALL, 1000)
            found = {
                entry.id: {
                    state
                    for state, at in (("seen", entry.seen_at), ("read", entry.read_at))
                    if at is not None
                }
                for entry in page.entries
            }
            assert found == expected
            assert len(page.entries) == len(found), "something is there twice"
            assert page.counts.total == len(expected)
            assert page.counts.unread == sum("read" not in done for done in expected.values())
            assert page.counts.unseen == sum("seen" not in done for done in expected.values())
            own = [stored.id for stored in self.service.stored(user_topic(principal.username))]
            assert len(own) == len(set(own)), "a repeated request was stored twice"

    def _check_counts(self) -> None:
        service, online = self.service, self.online()
        totals = service.counts.totals()
        assert totals.connections == len(online)
        assert totals.users == len({device.principal.username for device in online})
        assert set(service.memory.connections) == {device.id for device in online}
        members = {who for topic in service.memory.members.values() for who in topic}
        assert members == {device.id for device in online}, "a row outlived its connection"
        for device in online:
            assert set(service.memory.connections[ConnectionId(device.id)].topics) == device.topics


@pytest.mark.timeout(600)
def test_whatever_happens_nothing_is_lost_and_nothing_goes_astray() -> None:
    run_state_machine_as_test(
        Promises,
        settings=settings(
            max_examples=100,
            stateful_step_count=50,
            deadline=None,
            derandomize=True,
            # Without the phase that traces every line: it takes minutes, and the steps say enough.
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
