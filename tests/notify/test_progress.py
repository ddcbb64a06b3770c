import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from notify.errors import Conflict, Unknown
from notify.model import Action, Pattern, Principal, Username
from notify.pacing import Pace
from notify.parts import BroadcastJob, JobState
from notify.progress import Progress, eta_seconds
from notify.requests import Broadcast
from tests.fakes import FakeBroadcastJobs
from tests.notify.conftest import World, content, publish_broadcast

JOB = BroadcastJob("bc_1", Username("root"), Pattern("a"), "ntf_1", 0, None, 100, 2, parts=2)


@pytest.fixture
def root(world: World) -> Principal:
    return world.principal("root", "admin")


@pytest.fixture
def queued(world: World, root: Principal) -> str:
    """Thirty connections in three shards, and a broadcast to them that waits."""
    world.memory.shards[Pattern("general")] = 3
    for number in range(30):
        world.open(f"c{number:02}", world.principal("alice"))
    world.max_inline_recipients = 0
    world.page_size = 10
    world.pace = Pace(10, 1)
    return f"{publish_broadcast(world, root, Broadcast(pattern='*', **content())).broadcast_id}"


def run(world: World) -> None:
    """One message: the plan, or a page."""
    job, _ = world.deliveries.waiting.pop(0)
    world.deliverer.run(job, lambda: 0 if job.part else 60_000)


def summary(progress: Progress) -> tuple[JobState, int, int, int | None]:
    return progress.job.state, progress.shards_done, progress.delivered, progress.eta_seconds


def test_a_broadcast_is_followed_from_the_queue_to_its_end(
    world: World, root: Principal, queued: str
) -> None:
    seen = [summary(world.following.progress(root, queued))]
    run(world)
    seen.append(summary(world.following.progress(root, queued)))
    while world.deliveries.waiting:
        run(world)
        world.clock.advance(1000)
        seen.append(summary(world.following.progress(root, queued)))
    assert seen == [
        (JobState.QUEUED, 0, 0, None),
        (JobState.QUEUED, 0, 0, None),
        (JobState.RUNNING, 1, 10, 2),
        (JobState.RUNNING, 2, 20, 1),
        (JobState.DONE, 3, 30, 0),
    ]
    assert world.following.progress(root, queued).job.shards == 3


def test_what_became_of_its_posts_is_counted(world: World, root: Principal, queued: str) -> None:
    gone, busy = sorted(world.gateway.open)[:2]
    world.gateway.open.remove(gone)
    world.gateway.throttled.add(busy)
    world.deliver_all()
    progress = world.following.progress(root, queued)
    assert (progress.delivered, progress.gone, progress.failed) == (28, 1, 1)


@pytest.mark.parametrize(
    ("job", "reached", "now", "eta"),
    [
        (JOB, 0, 9000, None),
        (replace(JOB, started_at=1000), 0, 9000, None),
        (replace(JOB, started_at=1000), 25, 9000, 24),
        (replace(JOB, started_at=1000), 100, 9000, 0),
        (replace(JOB, started_at=1000), 101, 9000, None),
        (replace(JOB, started_at=1000), 25, 500, 0),
        (replace(JOB, started_at=1000, cancelled=True), 25, 9000, None),
        (replace(JOB, started_at=1000, failed=frozenset({1})), 25, 9000, None),
        (replace(JOB, started_at=1000, finished=frozenset({1, 2})), 25, 9000, 0),
    ],
)
def test_the_end_is_estimated_where_it_can_be(
    job: BroadcastJob, reached: int, now: int, eta: int | None
) -> None:
    assert eta_seconds(job, reached, now) == eta


def test_a_broadcast_is_cancelled_once_and_for_all(
    world: World, root: Principal, queued: str
) -> None:
    run(world)
    run(world)
    first = world.following.cancel(root, queued)
    assert summary(first) == (JobState.CANCELLED, 1, 10, None)
    world.deliver_all()
    assert summary(world.following.cancel(root, queued)) == summary(first)
    assert len(world.gateway.posted) == 10


def test_a_broadcast_that_failed_may_be_cancelled(
    world: World, root: Principal, queued: str
) -> None:
    world.jobs.fail(queued, 1)
    assert world.following.cancel(root, queued).job.state is JobState.CANCELLED


def test_a_broadcast_that_is_done_cannot_be_cancelled(
    world: World, root: Principal, queued: str
) -> None:
    world.deliver_all()
    with pytest.raises(Conflict):
        world.following.cancel(root, queued)
    assert world.following.progress(root, queued).job.state is JobState.DONE


def test_who_may_not_publish_to_its_pattern_sees_no_broadcast(
    world: World, root: Principal, queued: str
) -> None:
    caps = {Pattern("orders:*"): frozenset({Action.PUBLISH})}
    for stranger in (world.principal("bob", "manager"), world.principal("eve", caps=caps)):
        with pytest.raises(Unknown) as there:
            world.following.progress(stranger, queued)
        with pytest.raises(Unknown) as nowhere:
            world.following.progress(stranger, "bc_none")
        assert there.value.message == nowhere.value.message.replace("bc_none", queued)
        with pytest.raises(Unknown):
            world.following.cancel(stranger, queued)
    assert world.following.progress(root, queued).job.state is JobState.QUEUED


def test_who_may_publish_to_its_pattern_sees_it(world: World, queued: str) -> None:
    service = world.principal("worker", "service")
    assert world.following.progress(service, queued).job.id == queued


class StrictJobs(FakeBroadcastJobs):
    """Takes no key that DynamoDB would not take."""

    def get(self, broadcast_id: str) -> BroadcastJob | None:
        assert 0 < len(broadcast_id.encode()) <= 2048
        return super().get(broadcast_id)


@settings(deadline=None)
@given(st.text() | st.just("x" * 2049))
def test_whatever_is_asked_for_is_unknown_and_no_error(text: str) -> None:
    world = World()
    world.jobs = StrictJobs()
    for ask in (world.following.progress, world.following.cancel):
        with pytest.raises(Unknown):
            ask(world.principal("root", "admin"), text)


def test_a_broadcast_that_is_not_there_is_unknown(world: World, root: Principal) -> None:
    for ask in (world.following.progress, world.following.cancel):
        with pytest.raises(Unknown):
            ask(root, "bc_none")
