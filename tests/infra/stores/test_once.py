"""What dies in front of any call to a store, a queue or the gateway is finished by a retry, and
nobody is notified twice: the rules on DynamoDB, with a gateway and queues that can kill, too."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from notify.answers.batches import batch_answer
from notify.answers.publishing import publish_answer
from notify.idempotency import LEASE_MS, Answer, Trial
from notify.jobs import LaterJob, PartJob, ScheduledJob
from notify.model import ConnectionId, Pattern, timestamp
from notify.ports import Outcome
from notify.requests import Batch, parse_addressed
from tests.fakes import FakeDeliveries, FakeGateway, FakeLaterQueue
from tests.infra.stores.calls import Call, Crash, intercepted
from tests.infra.stores.conftest import Stores
from tests.notify.conftest import World, content
from tests.notify.test_scheduling import queued

DEVICES = ("phone", "laptop", "bobs")
BOBS = ("bobs", "busy")
DAY_MS = 86_400_000


READS = {"GetItem", "BatchGetItem", "Query"}


class Death:
    """Comes in front of one call, counted from 0; never where none is named. One in front of a
    read leaves what one in front of the next write leaves, so reads do not count."""

    def __init__(self) -> None:
        self.left: int | None = None

    def __call__(self, call: Call | None = None) -> None:
        if call is not None and call.operation in READS:
            return
        if self.left == 0:
            self.left = None
            raise Crash
        if self.left is not None:
            self.left -= 1


class DeadlyGateway(FakeGateway):
    def __init__(self, death: Death) -> None:
        super().__init__()
        self._death = death

    def post(self, connection_id: ConnectionId, frame: bytes) -> Outcome:
        self._death()
        return super().post(connection_id, frame)


class DeadlyLater(FakeLaterQueue):
    death: Death

    def put(self, jobs: Iterable[LaterJob], delay_seconds: int = 0) -> None:
        self.death()
        super().put(jobs, delay_seconds)


class DeadlyDeliveries(FakeDeliveries):
    death: Death

    def put(self, jobs: Iterable[PartJob], delay_seconds: int = 0) -> None:
        for job in jobs:
            self.death()
            super().put([job], delay_seconds)


class Service(World):
    """alice has a phone and a laptop, bob one device and one that the gateway is too busy for."""

    def __init__(self, stores: Stores, max_inline_recipients: int = 200) -> None:
        super().__init__(max_inline_recipients=max_inline_recipients)
        self.clock = stores.clock
        self.connections, self.subscriptions = stores.connections, stores.subscriptions
        self.streams, self.counts = stores.streams, stores.counts
        self.attempts, self.jobs = stores.attempts, stores.jobs
        self.scheduled, self.timetable = stores.scheduled, stores.timetable
        self.death = Death()
        self.gateway = DeadlyGateway(self.death)
        self.later_queue = DeadlyLater()
        self.later_queue.death = self.death
        self.deliveries = DeadlyDeliveries()
        self.deliveries.death = self.death
        for name in ("alice", "bob", "root"):
            self.add_user(name)
        for device, name in (("phone", "alice"), ("laptop", "alice"), *((d, "bob") for d in BOBS)):
            self.open(device, self.principal(name, token_ms=DAY_MS))
        self.gateway.throttled.add(ConnectionId("busy"))

    def ask(self, body: dict[str, Any], key: str) -> Answer:
        """What the handlers do."""
        by = self.principal("root", "admin")
        return self.idempotency.once(by, "route", key, body, lambda trial: self._run(body, trial))

    def _run(self, body: dict[str, Any], trial: Trial) -> Answer:
        by = self.principal("root", "admin")
        if "messages" in body:
            return batch_answer(self.batches.run(by, Batch(body["messages"]), trial), "r")
        return publish_answer(self.scheduling.accept(by, parse_addressed(body), trial))

    @contextmanager
    def deadly(self) -> Iterator[None]:
        with intercepted(self.death):
            yield

    def dies(self, number: int, do: Callable[[], object]) -> bool:
        self.death.left = number
        try:
            do()
        except Crash:
            return True
        finally:
            self.death.left = None
        return False

    def catch_up(self) -> None:
        """The heads of the streams, behind which each death leaves them one further."""
        for stream in ("user:alice", "user:bob", "general"):
            page = self.streams.after(Pattern(stream), 0, 1000, self.clock())
            if page.notifications:
                frame = replace(page.notifications[0].frame, title="between")
                self.streams.append(frame, self.clock(), self.clock() + LEASE_MS)

    def stored_ids(self, stream: str, title: str) -> list[str]:
        page = self.streams.after(Pattern(stream), 0, 1000, self.clock())
        return [each.frame.id for each in page.notifications if each.frame.title == title]

    def received_ids(self, device: str, title: str) -> set[str]:
        return {frame["id"] for frame in self.gateway.frames(device) if frame["title"] == title}

    def work_off_the_queues(self) -> None:
        """Twice: what is scheduled may leave its posts to the queue."""
        self.deliver_all()
        for _ in range(2):
            for job in self.later_queue.take():
                self.later.run(job)


def check(service: Service, streams: Iterable[str], title: str) -> None:
    """One notification, in every stream once, on every device, and on its way to the busy one."""
    stored = [service.stored_ids(stream, title) for stream in streams]
    assert [len(ids) for ids in stored] == [1] * len(stored)
    assert len({ids[0] for ids in stored}) == 1
    for device in DEVICES:
        assert service.received_ids(device, title) == {stored[0][0]}, (title, device)


def to_both(title: str) -> dict[str, Any]:
    return content(user_ids=["alice", "bob"], title=title)


def to_all(title: str) -> dict[str, Any]:
    return content(pattern="general", title=title)


def in_a_batch(title: str) -> dict[str, Any]:
    return {"messages": [content(user_ids=["alice", "bob"], title=title), {"bad": "item"}]}


@pytest.mark.parametrize(
    ("make", "streams", "max_inline"),
    [
        (to_both, ["user:alice", "user:bob"], 200),
        (to_all, ["general"], 200),
        (to_all, ["general"], 0),
        (in_a_batch, ["user:alice", "user:bob"], 200),
    ],
    ids=["send", "broadcast", "queued", "batch"],
)
def test_a_first_try_that_dies_anywhere_is_finished_by_its_retry(
    dynamo: Stores, make: Callable[[str], dict[str, Any]], streams: list[str], max_inline: int
) -> None:
    service = Service(dynamo, max_inline)
    with service.deadly():
        for number in itertools.count():
            key = title = f"t{number}"
            body = make(title)
            died = service.dies(number, lambda body=body, key=key: service.ask(body, key))  # type: ignore[misc]
            service.clock.advance(LEASE_MS)
            first = service.ask(body, key)
            assert (first.status in (200, 202), first.replayed) == (True, not died)
            assert service.ask(body, key).replayed
            service.work_off_the_queues()
            check(service, streams, title)
            if not died:
                break
            service.catch_up()
    assert number > 3


def test_a_first_try_that_dies_and_dies_again_is_finished_by_the_third(dynamo: Stores) -> None:
    service = Service(dynamo)
    with service.deadly():
        for number in range(0, 24, 5):
            for again in range(0, 24, 8):
                key = title = f"t{number}-{again}"
                for death in (number, again):
                    service.dies(death, lambda: service.ask(to_both(title), key))  # noqa: B023
                    service.clock.advance(LEASE_MS)
                service.ask(to_both(title), key)
                service.work_off_the_queues()
                check(service, ["user:alice", "user:bob"], title)


def test_a_scheduling_that_dies_anywhere_sends_once_behind_its_retry(dynamo: Stores) -> None:
    service = Service(dynamo)
    with service.deadly():
        for number in itertools.count():
            key = title = f"t{number}"
            at = timestamp(service.clock() + 60_000)
            body = content(user_ids=["alice", "bob"], title=title, schedule_at=at)
            died = service.dies(number, lambda body=body, key=key: service.ask(body, key))  # type: ignore[misc]
            service.clock.advance(LEASE_MS)
            answer = json.loads(service.ask(body, key).body)
            assert (answer["status"], answer["scheduled_at"]) == ("scheduled", at)
            service.clock.advance(60_000)
            service.work_off_the_queues()
            check(service, ["user:alice", "user:bob"], title)
            assert service.stored_ids("user:alice", title) == [answer["notification_id"]]
            if not died:
                break
            service.catch_up()
    assert number > 3


def test_a_scheduled_send_that_dies_anywhere_is_finished_when_its_job_comes_again(
    dynamo: Stores,
) -> None:
    service = Service(dynamo)
    with service.deadly():
        for number in itertools.count():
            title = f"t{number}"
            at = timestamp(service.clock() + 1_000)
            body = content(user_ids=["alice", "bob"], title=title, schedule_at=at)
            job = ScheduledJob(json.loads(service.ask(body, title).body)["notification_id"])
            service.clock.advance(1_000)
            died = service.dies(number, lambda job=job: service.later.run(job))  # type: ignore[misc]
            service.clock.advance(LEASE_MS)
            service.later.run(job)
            service.work_off_the_queues()
            check(service, ["user:alice", "user:bob"], title)
            if not died:
                break
            service.catch_up()
    assert number > 3


def test_a_scan_that_dies_anywhere_loses_nothing(dynamo: Stores) -> None:
    service = Service(dynamo)
    minute = 60_000
    with service.deadly():
        for number in itertools.count():
            title = f"t{number}"
            at = timestamp(service.clock() + 3 * minute)
            service.ask(content(user_ids=["alice", "bob"], title=title, schedule_at=at), title)
            service.clock.advance(2 * minute)
            died = service.dies(number, lambda: service.due_scan.run(lambda: 50_000))
            service.due_scan.run(lambda: 50_000)
            service.clock.advance(minute)
            for job in {job for job, _ in queued(service) if isinstance(job, ScheduledJob)}:
                service.later.run(job)
            check(service, ["user:alice", "user:bob"], title)
            if not died:
                break
            service.catch_up()
    assert number > 3
