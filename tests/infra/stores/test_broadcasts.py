import pytest
from msgspec.structs import replace

from infra.stores.broadcasts import KEPT_MS
from infra.tables import BroadcastRow, TopicRow
from notify.deliveries import MAX_RECEIVES, RESERVE_MS, Deliverer
from notify.errors import Unavailable
from notify.fanout import Fanout
from notify.jobs import PartJob
from notify.model import ConnectionId, Pattern, Subscriber, Username
from notify.pacing import Pace
from notify.parts import PLAN, Announcement, BroadcastJob, JobState, Part, Shard
from tests.fakes import NOW, FakeDeliveries, FakeGateway, FakeLaterQueue
from tests.infra.stores.calls import before, crashes, failing, interleave, repeated
from tests.infra.stores.conftest import Stores, fresh

GENERAL = Pattern("general")
JOB = BroadcastJob("bc_1", Username("root"), GENERAL, "ntf_1", NOW, 50, 9, shards=2)
ANNOUNCEMENT = Announcement('{"title":"\N{SNOWMAN}"}', frozenset({Username("bob")}))
WHO = Subscriber(ConnectionId("c1"), Username("alice"), NOW, NOW + 1, GENERAL, shard=1)
PART = Part(1, (Shard(GENERAL, 0), Shard(GENERAL, 1)), is_last=True)


@pytest.fixture
def begun(stores: Stores) -> Stores:
    stores.jobs.begin(JOB, ANNOUNCEMENT)
    return stores


def job_of(stores: Stores) -> BroadcastJob:
    job = stores.jobs.get(JOB.id)
    assert job is not None
    return job


def test_a_job_is_what_was_begun(begun: Stores) -> None:
    assert job_of(begun) == JOB
    assert begun.jobs.announcement(JOB.id) == ANNOUNCEMENT


def test_a_job_is_begun_once(stores: Stores) -> None:
    assert stores.jobs.begin(JOB, ANNOUNCEMENT)
    assert not stores.jobs.begin(replace(JOB, recipients=1), Announcement("other"))
    assert job_of(stores) == JOB
    assert stores.jobs.announcement(JOB.id) == ANNOUNCEMENT


def test_a_job_that_was_never_begun_is_not_there(stores: Stores) -> None:
    assert stores.jobs.get("bc_none") is None
    assert stores.jobs.part("bc_none", 1) is None
    assert stores.jobs.parts("bc_none") == []


def test_nothing_makes_half_a_job(stores: Stores) -> None:
    stores.jobs.planned("bc_none", 1, 1)
    stores.jobs.queued("bc_none", 1)
    stores.jobs.start("bc_none", NOW)
    stores.jobs.fail("bc_none", 1)
    stores.jobs.resume("bc_none", 1)
    assert stores.jobs.finish("bc_none", 1) is None
    assert stores.jobs.cancel("bc_none") is None
    assert stores.jobs.get("bc_none") is None


def test_what_is_planned_and_queued_is_remembered(begun: Stores) -> None:
    begun.jobs.planned(JOB.id, 3, 7)
    begun.jobs.queued(JOB.id, 2)
    job = job_of(begun)
    assert (job.parts, job.shards, job.queued) == (3, 7, 2)


def test_the_first_start_counts(begun: Stores) -> None:
    begun.jobs.start(JOB.id, NOW + 1)
    begun.jobs.start(JOB.id, NOW + 2)
    assert job_of(begun).started_at == NOW + 1


def test_a_number_of_a_part_is_taken_once(begun: Stores) -> None:
    other = replace(PART, shards=())
    assert begun.jobs.add_part(JOB, PART)
    assert not begun.jobs.add_part(JOB, other)
    assert begun.jobs.part(JOB.id, 1) == PART


def test_parts_come_in_order(begun: Stores) -> None:
    for number in (11, 2, 1, 10):
        begun.jobs.add_part(JOB, replace(PART, number=number))
    assert [part.number for part in begun.jobs.parts(JOB.id)] == [1, 2, 10, 11]


def test_a_checkpoint_is_read_as_it_was_written(begun: Stores) -> None:
    begun.jobs.add_part(JOB, PART)
    after = replace(
        PART, position=1, after=WHO.connection_id, pending=(WHO, WHO), attempt=2, delivered=7,
        gone=3, failed=1,
    )  # fmt: skip
    written = begun.jobs.checkpoint(JOB.id, after)
    assert written == replace(after, version=1)
    assert begun.jobs.part(JOB.id, 1) == written


def test_of_two_checkpoints_over_one_version_the_second_is_refused(begun: Stores) -> None:
    begun.jobs.add_part(JOB, PART)
    first = begun.jobs.checkpoint(JOB.id, replace(PART, delivered=1))
    for delivered in (1, 2):  # also of the same, as two workers at one page write it
        assert begun.jobs.checkpoint(JOB.id, replace(PART, delivered=delivered)) is None
    assert begun.jobs.part(JOB.id, 1) == first


def test_a_checkpoint_that_is_repeated_because_its_answer_was_lost_is_its_own(
    dynamo: Stores,
) -> None:
    dynamo.jobs.add_part(JOB, PART)
    with repeated("UpdateItem", "broadcasts"):
        written = dynamo.jobs.checkpoint(JOB.id, replace(PART, delivered=1))
    assert written == dynamo.jobs.part(JOB.id, 1) == replace(PART, delivered=1, version=1)


def test_a_checkpoint_that_is_repeated_behind_that_of_another_is_refused(dynamo: Stores) -> None:
    dynamo.jobs.add_part(JOB, PART)

    def overtake() -> None:
        part = dynamo.jobs.part(JOB.id, 1)
        assert part is not None
        dynamo.jobs.checkpoint(JOB.id, part)

    with repeated("UpdateItem", "broadcasts"), before("GetItem", "broadcasts", overtake):
        assert dynamo.jobs.checkpoint(JOB.id, replace(PART, delivered=1)) is None


def test_a_broadcast_is_done_with_its_last_part(begun: Stores) -> None:
    begun.jobs.planned(JOB.id, 2, 2)
    begun.jobs.start(JOB.id, NOW)
    states = []
    for number in (1, 1, 2, 2):
        job = begun.jobs.finish(JOB.id, number)
        assert job is not None
        states.append(job.state)
    assert states == [JobState.RUNNING, JobState.RUNNING, JobState.DONE, JobState.DONE]


def test_a_part_may_fail_and_be_resumed(begun: Stores) -> None:
    for number in (1, 1, PLAN):
        begun.jobs.fail(JOB.id, number)
    assert job_of(begun).failed == {PLAN, 1}
    begun.jobs.resume(JOB.id, 1)
    begun.jobs.resume(JOB.id, 1)
    assert job_of(begun).failed == {PLAN}
    begun.jobs.resume(JOB.id, PLAN)
    assert job_of(begun).state is JobState.QUEUED


@pytest.mark.parametrize("parts", [None, 2])
def test_a_broadcast_may_be_cancelled_until_it_is_done(begun: Stores, parts: int | None) -> None:
    if parts:
        begun.jobs.planned(JOB.id, parts, 2)
        begun.jobs.finish(JOB.id, 1)
    for _ in range(2):
        job = begun.jobs.cancel(JOB.id)
        assert job is not None
        assert job.state is JobState.CANCELLED
    late = begun.jobs.finish(JOB.id, 2)
    assert late is not None
    assert late.state is JobState.CANCELLED
    assert 2 not in late.finished


def test_a_broadcast_that_is_done_is_not_cancelled(begun: Stores) -> None:
    begun.jobs.planned(JOB.id, 1, 2)
    begun.jobs.finish(JOB.id, 1)
    job = begun.jobs.cancel(JOB.id)
    assert job is not None
    assert job.state is JobState.DONE
    assert job_of(begun).state is JobState.DONE


def test_those_that_wait_or_run_are_listed(stores: Stores) -> None:
    ids = ("bc_waiting", "bc_running", "bc_done", "bc_cancelled", "bc_failed")
    for broadcast_id in ids:
        stores.jobs.begin(replace(JOB, id=broadcast_id), ANNOUNCEMENT)
        stores.jobs.planned(broadcast_id, 1, 1)
    stores.jobs.start("bc_running", NOW)
    stores.jobs.finish("bc_done", 1)
    stores.jobs.cancel("bc_cancelled")
    stores.jobs.fail("bc_failed", 1)
    assert {job.id for job in stores.jobs.active()} == {"bc_waiting", "bc_running"}
    stores.jobs.resume("bc_failed", 1)
    assert {job.id for job in stores.jobs.active()} == {"bc_waiting", "bc_running", "bc_failed"}


def test_where_nothing_waits_nothing_is_listed(stores: Stores) -> None:
    assert stores.jobs.active() == []


# On DynamoDB


def test_a_job_that_is_older_than_it_is_kept_is_not_there(dynamo: Stores) -> None:
    dynamo.jobs.begin(JOB, ANNOUNCEMENT)
    dynamo.clock.advance(KEPT_MS - 1000)
    assert dynamo.jobs.get(JOB.id) is not None
    dynamo.clock.advance(1000)
    assert dynamo.jobs.get(JOB.id) is None


def test_every_row_is_let_go_in_the_end(dynamo: Stores) -> None:
    dynamo.jobs.begin(JOB, ANNOUNCEMENT)
    dynamo.jobs.add_part(JOB, PART)
    dynamo.jobs.checkpoint(JOB.id, PART)
    dynamo.jobs.finish(JOB.id, 1)
    rows = [*BroadcastRow.query(JOB.id), *BroadcastRow.query("active")]
    assert {int(row.expires_at) for row in rows} == {(NOW + KEPT_MS) // 1000}
    assert len(rows) == 4


def test_what_is_over_is_not_looked_at_for_the_list_again(dynamo: Stores) -> None:
    for broadcast_id in ("bc_done", "bc_cancelled"):
        dynamo.jobs.begin(replace(JOB, id=broadcast_id), ANNOUNCEMENT)
        dynamo.jobs.planned(broadcast_id, 1, 1)
    dynamo.jobs.finish("bc_done", 1)
    dynamo.jobs.cancel("bc_cancelled")
    assert list(BroadcastRow.query("active")) == []


def test_a_cancellation_that_the_last_part_overtakes_comes_too_late(dynamo: Stores) -> None:
    dynamo.jobs.begin(JOB, ANNOUNCEMENT)
    dynamo.jobs.planned(JOB.id, 1, 2)
    with before("UpdateItem", "broadcasts", lambda: dynamo.jobs.finish(JOB.id, 1)):
        job = dynamo.jobs.cancel(JOB.id)
    assert job is not None
    assert job.state is JobState.DONE


@pytest.mark.parametrize("seed", range(6))
def test_a_broadcast_is_either_done_or_cancelled(seed: int) -> None:
    with fresh("dynamodb") as stores:
        stores.jobs.begin(JOB, ANNOUNCEMENT)
        stores.jobs.planned(JOB.id, 2, 2)
        stores.jobs.finish(JOB.id, 1)
        finished, cancelled = interleave(
            seed, lambda: stores.jobs.finish(JOB.id, 2), lambda: stores.jobs.cancel(JOB.id)
        )
        assert isinstance(finished, BroadcastJob)
        assert isinstance(cancelled, BroadcastJob)
        assert finished.state is cancelled.state is job_of(stores).state
        assert job_of(stores).state in (JobState.DONE, JobState.CANCELLED)


@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "UpdateItem", "Query"])
def test_a_table_that_is_busy_is_unavailable(dynamo: Stores, operation: str) -> None:
    dynamo.jobs.begin(JOB, ANNOUNCEMENT)
    calls = {
        "GetItem": lambda: dynamo.jobs.get(JOB.id),
        "PutItem": lambda: dynamo.jobs.add_part(JOB, PART),
        "UpdateItem": lambda: dynamo.jobs.finish(JOB.id, 1),
        "Query": dynamo.jobs.active,
    }
    with failing("ThrottlingException", operation=operation), pytest.raises(Unavailable):
        calls[operation]()


# A worker on DynamoDB


class Workers:
    """A broadcast to four connections in two shards, two to a page, and what works it off."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.gateway = FakeGateway()
        self.queue = FakeDeliveries()
        fanout = Fanout(self.gateway, stores.connections, FakeLaterQueue(), stores.clock)
        self.deliverer = Deliverer(
            subscriptions=stores.subscriptions,
            counts=stores.counts,
            fanout=fanout,
            jobs=stores.jobs,
            deliveries=self.queue,
            pace=Pace(1_000_000, 1),
            clock=stores.clock,
            sleep=lambda _: None,
            page_size=2,
        )
        TopicRow("general", GENERAL, shards=2).save()
        for number in range(4):
            connection = stores.open(f"c{number}")
            self.gateway.open.add(connection.id)
        stores.jobs.begin(JOB, Announcement('{"type":"notification"}'))
        self.queue.put([PartJob(JOB.id, PLAN)])

    def run(self, message: PartJob, receive_count: int = 1) -> None:
        self.deliverer.run(message, lambda: 2 * RESERVE_MS, receive_count)

    def work_off(self) -> None:
        while waiting := self.queue.take():
            for message in waiting:
                self.run(message)


def test_a_worker_that_dies_at_any_call_costs_nobody_the_broadcast() -> None:
    for attempt in crashes():
        with fresh("dynamodb") as stores:
            workers = Workers(stores)

            def once(workers: Workers = workers) -> None:
                while workers.queue.waiting:
                    message, _ = workers.queue.waiting[0]
                    workers.run(message)
                    workers.queue.waiting.pop(0)

            attempt(once)
            workers.work_off()  # SQS hands out again what was not done
            (part,) = stores.jobs.parts(JOB.id)
            assert (part.delivered, part.gone, part.failed) == (4, 0, 0)
            assert {to for to, _ in workers.gateway.posted} == {f"c{n}" for n in range(4)}
            assert len(workers.gateway.posted) <= 4 + 2
            assert job_of(stores).state is JobState.DONE
            assert list(BroadcastRow.query("active")) == []


@pytest.mark.parametrize("seed", range(4))
def test_workers_at_one_part_count_each_post_once(seed: int) -> None:
    with fresh("dynamodb") as stores:
        workers = Workers(stores)
        (plan,) = workers.queue.take()
        workers.run(plan)
        (message,) = workers.queue.take()
        interleave(seed, *[lambda: workers.run(message)] * 3)
        (part,) = stores.jobs.parts(JOB.id)
        assert (part.delivered, job_of(stores).state) == (4, JobState.DONE)
        assert stores.counts.totals().counters["delivered"] == 4


def test_a_worker_that_dies_at_its_last_receive_has_said_so(dynamo: Stores) -> None:
    workers = Workers(dynamo)
    (plan,) = workers.queue.take()
    with failing("ValidationException", operation="PutItem"), pytest.raises(Exception):  # noqa: B017, PT011
        workers.run(plan, MAX_RECEIVES)
    assert job_of(dynamo).state is JobState.FAILED
    workers.queue.put([plan])
    workers.work_off()
    assert job_of(dynamo).state is JobState.DONE
