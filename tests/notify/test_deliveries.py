from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from notify.deliveries import MAX_RECEIVES, MAX_TRIES, RESERVE_MS, Ending, Work
from notify.errors import Unavailable
from notify.fanout import MAX_ATTEMPTS
from notify.jobs import PartJob
from notify.model import ConnectionId, Pattern, Subscriber
from notify.pacing import Pace
from notify.parts import PLAN, BroadcastJob, JobState, Part
from notify.ports import PAGE_SIZE, Page
from tests.fakes import FakeBroadcastJobs, FakeSubscriptions
from tests.notify.conftest import HOUR_MS, World, broadcast
from tests.notify.killing import DeadlyGateway, Killed, Killer, Queue

GENERAL = Pattern("general")
C7 = ConnectionId("c0007")


def plenty() -> int:
    return 2 * RESERVE_MS


def no_time() -> int:
    return RESERVE_MS - 1


@pytest.fixture
def crowd(world: World) -> World:
    """A page and one more are connected, and nobody waits for a post."""
    for number in range(PAGE_SIZE + 1):
        world.open(f"c{number:04}", world.principal("alice" if number else "bob"))
    world.max_inline_recipients = 0
    world.pace = Pace(1_000_000, 1)
    return world


def begin(world: World, **fields: Any) -> PartJob:
    """A broadcast to everybody that is planned; the message of its first part."""
    broadcast_id = broadcast(world, "*", **fields).broadcast_id
    assert broadcast_id is not None
    (plan,) = world.deliveries.take()
    world.deliverer.run(plan, plenty)
    return PartJob(broadcast_id, 1)


def run(
    world: World,
    message: PartJob,
    remaining_ms: Callable[[], int] = plenty,
    receive_count: int = 1,
) -> Work:
    work = world.deliverer.run(message, remaining_ms, receive_count)
    assert work is not None
    return work


def job_of(world: World, message: PartJob) -> BroadcastJob:
    job = world.jobs.get(message.broadcast_id)
    assert job is not None
    return job


def part_of(world: World, message: PartJob) -> Part:
    part = world.jobs.part(message.broadcast_id, message.part)
    assert part is not None
    return part


def counts(world: World, message: PartJob) -> tuple[int, int, int]:
    """What the rows say: delivered, gone, failed."""
    parts = world.jobs.parts(message.broadcast_id)
    return (
        sum(part.delivered for part in parts),
        sum(part.gone for part in parts),
        sum(part.failed for part in parts),
    )


def times_posted(world: World) -> set[int]:
    """How often those whom something was posted to got it."""
    return set(Counter(to for to, _ in world.gateway.posted).values())


# Pages


def test_a_part_is_read_page_after_page_to_the_end(crowd: World) -> None:
    message = begin(crowd)
    work = run(crowd, crowd.deliveries.take()[0])
    assert (work.ending, work.tally["delivered"]) == (Ending.FINISHED, PAGE_SIZE + 1)
    assert len({to for to, _ in crowd.gateway.posted}) == PAGE_SIZE + 1
    assert job_of(crowd, message).state is JobState.DONE
    assert crowd.deliveries.waiting == []


def test_a_worker_that_runs_out_of_time_leaves_the_rest_to_another(crowd: World) -> None:
    message = begin(crowd)
    crowd.deliveries.take()
    assert run(crowd, message, no_time).ending is Ending.REQUEUED
    assert len(crowd.gateway.posted) == PAGE_SIZE
    assert crowd.deliveries.waiting == [(message, 0)]
    assert job_of(crowd, message).state is JobState.RUNNING
    assert run(crowd, message, no_time).tally["delivered"] == 1
    assert counts(crowd, message) == (PAGE_SIZE + 1, 0, 0)
    assert times_posted(crowd) == {1}


def test_what_was_counted_is_in_the_counters_of_the_service(crowd: World) -> None:
    crowd.gateway.open.remove(C7)
    begin(crowd)
    crowd.deliver_all()
    counters = crowd.counts.totals().counters
    assert counters == {"sent": 1, "delivered": PAGE_SIZE, "gone": 1, "failed": 0, "acked": 0}


def test_every_shard_is_read_and_one_page_may_span_several(world: World) -> None:
    world.memory.shards[GENERAL] = 7
    for number in range(20):
        world.open(f"c{number}", world.principal("alice"))
    world.max_inline_recipients = 0
    message = begin(world)
    world.deliver_all()
    part = part_of(world, message)
    assert (part.position, part.version) == (7, 1)
    assert counts(world, message) == (20, 0, 0)


def test_a_broadcast_whose_recipients_have_all_left_is_done(world: World) -> None:
    world.open("c1", world.principal("alice"))
    world.max_inline_recipients = 0
    message = PartJob(f"{broadcast(world, '*').broadcast_id}", 1)
    world.connections.close(ConnectionId("c1"))
    world.deliver_all()
    job = job_of(world, message)
    assert (job.state, job.shards) == (JobState.DONE, 0)
    assert world.gateway.posted == []


def test_excluded_users_are_left_out(crowd: World) -> None:
    message = begin(crowd, exclude_user_ids=["alice"])
    crowd.deliver_all()
    assert [to for to, _ in crowd.gateway.posted] == ["c0000"]
    assert counts(crowd, message) == (1, 0, 0)


def test_expired_rows_are_left_out(world: World) -> None:
    world.open("c1", world.principal("alice", token_ms=24 * HOUR_MS))
    world.max_inline_recipients = 0
    message = begin(world)
    world.clock.advance(3 * HOUR_MS)
    world.deliver_all()
    assert counts(world, message) == (0, 0, 0)


def test_gone_connections_are_forgotten(crowd: World) -> None:
    crowd.gateway.open.remove(C7)
    message = begin(crowd)
    crowd.deliver_all()
    assert counts(crowd, message) == (PAGE_SIZE, 1, 0)
    assert C7 not in crowd.memory.connections


def test_a_message_of_a_broadcast_that_is_no_longer_kept_is_dropped(world: World) -> None:
    assert run(world, PartJob("bc_old", 1)).ending is Ending.UNKNOWN
    assert run(world, PartJob("bc_old", PLAN), receive_count=MAX_RECEIVES).ending is Ending.UNKNOWN


# Whom a page does not reach


def test_whom_a_page_did_not_reach_is_tried_again_at_the_end(crowd: World) -> None:
    crowd.gateway.throttled.add(C7)
    message = begin(crowd)
    crowd.deliveries.take()
    assert run(crowd, message).ending is Ending.REQUEUED
    assert counts(crowd, message) == (PAGE_SIZE, 0, 0)
    assert crowd.deliveries.waiting == [(message, 1)]
    crowd.gateway.throttled.clear()
    crowd.deliver_all()
    assert counts(crowd, message) == (PAGE_SIZE + 1, 0, 0)
    assert job_of(crowd, message).state is JobState.DONE


def test_each_try_waits_longer_and_the_last_counts_as_failed(crowd: World) -> None:
    crowd.gateway.throttled.add(C7)
    message = begin(crowd)
    delays = []
    while crowd.deliveries.waiting:
        delays += [delay for _, delay in crowd.deliveries.waiting]
        run(crowd, crowd.deliveries.take()[0])
    assert delays == [0, *(2**attempt for attempt in range(MAX_ATTEMPTS)), 0]
    assert counts(crowd, message) == (PAGE_SIZE, 0, 1)
    assert job_of(crowd, message).state is JobState.DONE
    assert crowd.counts.totals().counters["failed"] == 1


def test_who_is_given_up_is_closed_so_that_it_comes_back_and_resumes(crowd: World) -> None:
    crowd.gateway.throttled.add(C7)
    begin(crowd)
    crowd.deliver_all()
    assert crowd.gateway.disconnected == [C7]
    assert C7 in crowd.memory.connections  # $disconnect sees to its row


def test_who_is_refused_after_it_was_found_is_not_posted_to(crowd: World) -> None:
    crowd.gateway.throttled.add(C7)
    message = begin(crowd)
    run(crowd, crowd.deliveries.take()[0])
    crowd.connections.close(C7)
    crowd.gateway.throttled.clear()
    crowd.deliver_all()
    assert counts(crowd, message) == (PAGE_SIZE, 1, 0)
    assert crowd.gateway.frames(C7) == []


def test_who_may_not_hear_it_any_more_is_not_posted_to_again(world: World) -> None:
    world.open("c1", world.principal("alice", "ops"))
    losing = world.open("c2", world.principal("bob", "ops"))
    world.gateway.throttled |= {ConnectionId("c1"), ConnectionId("c2")}
    world.max_inline_recipients = 0
    message = PartJob(f"{broadcast(world, 'role:ops').broadcast_id}", 1)
    for _ in range(2):  # its plan and its only page
        (job,) = world.deliveries.take()
        run(world, job)
    assert len(part_of(world, message).pending) == 2
    world.connections.unsubscribe(losing, Pattern("role:ops"))
    world.gateway.throttled.clear()
    world.deliver_all()
    assert counts(world, message) == (1, 0, 0)
    assert [to for to, _ in world.gateway.posted] == ["c1"]
    assert job_of(world, message).state is JobState.DONE


def test_who_was_connecting_is_reached_once_connected(world: World) -> None:
    world.open("c1", world.principal("alice"), age_ms=0)
    world.gateway.open.clear()
    world.max_inline_recipients = 0
    message = begin(world)
    run(world, world.deliveries.take()[0])
    world.gateway.open.add(ConnectionId("c1"))
    world.deliver_all()
    assert counts(world, message) == (1, 0, 0)


def test_who_never_came_is_gone_in_the_end(world: World) -> None:
    world.open("c1", world.principal("alice"), age_ms=0)
    world.gateway.open.clear()
    world.max_inline_recipients = 0
    message = begin(world)
    world.deliver_all()
    assert counts(world, message) == (0, 1, 0)
    assert not world.memory.connections


def test_a_storm_of_429_stops_the_reading_and_loses_nobody(crowd: World) -> None:
    crowd.page_size = 10
    crowd.gateway.throttled |= crowd.gateway.open
    message = begin(crowd)
    while crowd.deliveries.waiting and counts(crowd, message) == (0, 0, 0):
        run(crowd, crowd.deliveries.take()[0])
    # One page was given up, and only then was the next one read.
    assert counts(crowd, message) == (0, 0, 10)
    assert len(part_of(crowd, message).pending) == 10
    crowd.gateway.throttled.clear()
    crowd.deliver_all()
    assert counts(crowd, message) == (PAGE_SIZE - 9, 0, 10)
    assert job_of(crowd, message).state is JobState.DONE


def test_no_more_than_two_pages_ever_wait_for_another_try(crowd: World) -> None:
    crowd.page_size = 10
    crowd.gateway.throttled |= set(sorted(crowd.gateway.open)[::3])
    message = begin(crowd)
    most = 0
    while crowd.deliveries.waiting:
        run(crowd, crowd.deliveries.take()[0])
        most = max(most, len(part_of(crowd, message).pending))
    assert 0 < most < 20
    assert counts(crowd, message) == (67, 0, 34)


# Two workers


def test_a_message_that_comes_again_when_all_is_done_posts_nothing(crowd: World) -> None:
    message = begin(crowd)
    crowd.deliver_all()
    assert run(crowd, message).ending is Ending.FINISHED
    assert times_posted(crowd) == {1}


def test_the_second_of_two_workers_at_a_part_stops_and_counts_nothing(crowd: World) -> None:
    crowd.page_size = 10
    message = begin(crowd)
    overtaking = [lambda: run(crowd, message)]
    gateway = DeadlyGateway(lambda: overtaking.pop()() if overtaking else None)
    gateway.open = crowd.gateway.open
    crowd.gateway = gateway
    # Its message stays in the queue: it is what carries on if the other worker dies.
    assert crowd.deliverer.run(message, plenty) is None
    assert counts(crowd, message) == (PAGE_SIZE + 1, 0, 0)
    assert crowd.counts.totals().counters["delivered"] == PAGE_SIZE + 1
    posted = Counter(to for to, _ in crowd.gateway.posted)
    assert sorted(posted.values()) == [1] * (PAGE_SIZE - 9) + [2] * 10


def test_who_is_overtaken_at_the_last_receive_does_not_make_it_fail(crowd: World) -> None:
    crowd.page_size = 10
    message = begin(crowd)
    overtaking = [lambda: run(crowd, message, no_time)]
    gateway = DeadlyGateway(lambda: overtaking.pop()() if overtaking else None)
    gateway.open = crowd.gateway.open
    crowd.gateway = gateway
    assert run(crowd, message, receive_count=MAX_RECEIVES).ending is Ending.OVERTAKEN
    assert job_of(crowd, message).state is JobState.RUNNING


@pytest.mark.parametrize("seed", range(20))
def test_workers_that_run_across_each_other_count_each_post_once(seed: int) -> None:
    world, random, depth = World(max_inline_recipients=0), Random(seed), 0
    world.memory.shards[GENERAL] = 3
    for number in range(30):
        world.open(f"c{number}", world.principal("alice"))
    world.page_size = 4
    message = begin(world)

    def sometimes() -> None:
        nonlocal depth
        if depth < 3 and random.random() < 0.1:
            depth += 1
            world.deliverer.run(message, random.choice([plenty, no_time]))
            depth -= 1

    killer = Killer()
    killer.strike = sometimes  # type: ignore[method-assign]
    queue = Queue(world, killer)
    queue.work_off(lambda: None)
    assert counts(world, message) == (30, 0, 0)
    assert world.counts.totals().counters["delivered"] == 30
    assert len({to for to, _ in world.gateway.posted}) == 30
    assert job_of(world, message).state is JobState.DONE


# Cancelling


def test_a_cancelled_broadcast_stops_at_the_next_page(crowd: World) -> None:
    crowd.page_size = 10
    message = begin(crowd)
    gateway = DeadlyGateway(lambda: crowd.jobs.cancel(message.broadcast_id))
    gateway.open = crowd.gateway.open
    crowd.gateway = gateway
    assert run(crowd, message).ending is Ending.CANCELLED
    assert counts(crowd, message) == (10, 0, 0)
    assert job_of(crowd, message).state is JobState.CANCELLED
    assert run(crowd, message).ending is Ending.CANCELLED
    assert len(crowd.gateway.posted) == 10


def test_a_broadcast_that_is_cancelled_in_its_last_page_is_not_done(crowd: World) -> None:
    message = begin(crowd)
    crowd.page_size = 1000
    gateway = DeadlyGateway(lambda: crowd.jobs.cancel(message.broadcast_id))
    gateway.open = crowd.gateway.open
    crowd.gateway = gateway
    assert run(crowd, message).ending is Ending.CANCELLED
    assert job_of(crowd, message).state is JobState.CANCELLED
    assert counts(crowd, message) == (PAGE_SIZE + 1, 0, 0)


def test_a_broadcast_that_is_cancelled_before_it_is_planned_has_no_parts(crowd: World) -> None:
    broadcast_id = broadcast(crowd, "*").broadcast_id
    assert broadcast_id is not None
    crowd.jobs.cancel(broadcast_id)
    crowd.deliver_all()
    assert crowd.jobs.parts(broadcast_id) == []
    assert crowd.gateway.posted == []


# A store that does not answer


class BusySubscriptions(FakeSubscriptions):
    def page(
        self, pattern: Pattern, shard: int, after: ConnectionId | None, limit: int, now: int
    ) -> Page:
        raise Unavailable("the store does not answer: try again")


def test_a_store_that_does_not_answer_is_asked_again_soon(crowd: World) -> None:
    message = begin(crowd)
    crowd.deliveries.take()
    there, crowd.subscriptions = crowd.subscriptions, BusySubscriptions(crowd.memory)
    assert run(crowd, message).ending is Ending.REQUEUED
    assert crowd.deliveries.waiting == [(PartJob(message.broadcast_id, 1, tries=1), 1)]
    crowd.subscriptions = there
    crowd.deliver_all()
    assert counts(crowd, message) == (PAGE_SIZE + 1, 0, 0)


def test_a_store_that_never_answers_leaves_a_dead_letter(crowd: World) -> None:
    message = begin(crowd)
    crowd.subscriptions = BusySubscriptions(crowd.memory)
    last = PartJob(message.broadcast_id, 1, tries=MAX_TRIES)
    with pytest.raises(Unavailable):
        crowd.deliverer.run(last, plenty)
    with pytest.raises(Unavailable):
        crowd.deliverer.run(last, plenty, MAX_RECEIVES)
    assert job_of(crowd, message).state is JobState.FAILED


class BusyOnce(FakeBroadcastJobs):
    """A store that does not answer to the first call."""

    busy = True

    def get(self, broadcast_id: str) -> BroadcastJob | None:
        if self.busy:
            self.busy = False
            raise Unavailable("the store does not answer: try again")
        return super().get(broadcast_id)


def test_a_store_that_is_busy_from_the_start_is_asked_again_too(world: World) -> None:
    world.jobs = BusyOnce()
    assert run(world, PartJob("bc_1", 1), receive_count=MAX_RECEIVES).ending is Ending.REQUEUED
    assert world.deliveries.waiting == [(PartJob("bc_1", 1, tries=1), 1)]


# Dead letters


def test_a_message_that_comes_for_the_last_time_and_is_done_makes_nothing_fail(
    crowd: World,
) -> None:
    message = begin(crowd)
    run(crowd, message, no_time, MAX_RECEIVES)
    assert job_of(crowd, message).state is JobState.RUNNING
    run(crowd, message, receive_count=MAX_RECEIVES)
    assert job_of(crowd, message).state is JobState.DONE


def test_a_dead_letter_makes_the_broadcast_fail_until_it_is_redriven(crowd: World) -> None:
    crowd.page_size = 10
    message = begin(crowd)
    queue = Queue(crowd)
    queue.work_off(lambda: 30)
    assert queue.dead == [message]
    assert job_of(crowd, message).state is JobState.FAILED
    done_before = counts(crowd, message)[0]
    assert 0 < done_before < PAGE_SIZE

    queue.redrive()
    queue.work_off(lambda: None)
    assert counts(crowd, message) == (PAGE_SIZE + 1, 0, 0)
    assert job_of(crowd, message).state is JobState.DONE


def test_a_plan_that_is_a_dead_letter_makes_the_broadcast_fail(crowd: World) -> None:
    queue = Queue(crowd)
    broadcast_id = broadcast(crowd, "*").broadcast_id
    queue.work_off(lambda: 2)
    assert queue.dead == [PartJob(f"{broadcast_id}", PLAN)]
    assert job_of(crowd, queue.dead[0]).state is JobState.FAILED
    queue.redrive()
    queue.work_off(lambda: None)
    assert job_of(crowd, PartJob(f"{broadcast_id}", PLAN)).state is JobState.DONE


# Pace


def rate(world: World, message: PartJob) -> float:
    """Posts a second, over all."""
    began = world.clock()
    run(world, message)
    return len(world.gateway.posted) * 1000 / (world.clock() - began)


def test_a_worker_keeps_to_its_share_of_the_pace(crowd: World) -> None:
    crowd.pace = Pace(posts_a_second=500, workers=10)
    assert rate(crowd, begin(crowd)) == pytest.approx(50, rel=0.02)


def test_a_request_may_be_slower_than_that(crowd: World) -> None:
    crowd.pace = Pace(posts_a_second=500, workers=10)
    # One part has one worker: it may go at the whole rate.
    assert rate(crowd, begin(crowd, max_rate=20)) == pytest.approx(20, rel=0.02)


def test_no_page_is_so_long_that_its_pause_would_outlast_the_function(crowd: World) -> None:
    message = begin(crowd, max_rate=1)
    run(crowd, message)
    assert max(crowd.pauses) <= 10
    assert sum(crowd.pauses) == PAGE_SIZE + 1


def test_a_pause_that_does_not_fit_is_waited_for_in_the_queue(crowd: World) -> None:
    message = begin(crowd, max_rate=10)
    crowd.deliveries.take()
    assert run(crowd, message, lambda: RESERVE_MS + 500).ending is Ending.REQUEUED
    assert crowd.deliveries.waiting == [(message, 1)]


def test_no_burst_is_larger_than_what_a_second_may_have(crowd: World) -> None:
    message = begin(crowd, max_rate=3)
    crowd.deliveries.take()
    run(crowd, message, lambda: RESERVE_MS + 500)
    assert len(crowd.gateway.posted) == 3


def test_who_is_tried_again_is_part_of_the_pace(crowd: World) -> None:
    crowd.gateway.throttled |= crowd.gateway.open
    message = begin(crowd, max_rate=10)
    run(crowd, crowd.deliveries.take()[0])
    crowd.deliveries.take()
    crowd.page_size = 10
    run(crowd, message)
    assert crowd.deliveries.waiting == [(message, 10)]


def test_time_that_a_page_took_is_no_reason_to_wait(crowd: World) -> None:
    crowd.pace = Pace(posts_a_second=100, workers=1)
    message = begin(crowd)
    gateway = DeadlyGateway(lambda: crowd.clock.advance(20))
    gateway.open = crowd.gateway.open
    crowd.gateway = gateway
    run(crowd, message)
    assert crowd.pauses == []


# Kills


def everybody_got_it(world: World, message: PartJob, recipients: int) -> None:
    assert len({to for to, _ in world.gateway.posted}) == recipients
    assert counts(world, message) == (recipients, 0, 0)
    assert job_of(world, message).state is JobState.DONE


def small() -> tuple[World, PartJob]:
    """Twelve in four shards, in pages of two, and two topics, hence two parts."""
    world = World(max_inline_recipients=0)
    world.page_size = 2
    world.memory.shards[GENERAL] = 4
    for number in range(12):
        world.open(f"c{number}", world.principal("alice"))
    return world, PartJob(f"{broadcast(world, '*').broadcast_id}", 1)


def operations() -> int:
    world, _ = small()
    queue = Queue(world)
    queue.work_off(lambda: None)
    return queue.killer.made


@pytest.mark.parametrize("at", range(operations()))
def test_a_kill_at_any_operation_costs_nobody_the_broadcast(at: int) -> None:
    world, message = small()
    queue = Queue(world)
    done = 0

    def once() -> int | None:
        """The kill comes at operation `at`, counted over all workers."""
        return at - queue.killer.made if not queue.deaths else None

    queue.work_off(once)
    assert queue.deaths == 1
    everybody_got_it(world, message, 12)
    # At most one page was posted twice.
    done = len(world.gateway.posted)
    assert 12 <= done <= 12 + world.page_size


RECIPIENTS = 10_000


@pytest.fixture(scope="module")
def subscribers() -> dict[ConnectionId, Subscriber]:
    world = World()
    world.memory.shards[GENERAL] = 4
    for number in range(RECIPIENTS):
        world.open(f"c{number:05}", world.principal("alice"))
    return world.memory.members[GENERAL]


def ten_thousand(subscribers: dict[ConnectionId, Subscriber]) -> tuple[World, PartJob]:
    world = World(max_inline_recipients=0)
    world.memory.shards[GENERAL] = 4
    world.memory.members[GENERAL] = dict(subscribers)
    later = world.clock() + 2 * HOUR_MS
    world.memory.expires_at.update(dict.fromkeys(subscribers, later))
    world.gateway.open |= set(subscribers)
    world.pace = Pace(1_000_000, 1)
    return world, PartJob(f"{broadcast(world, '*').broadcast_id}", 1)


@pytest.mark.parametrize("seed", range(6))
def test_ten_thousand_get_it_however_often_its_workers_are_killed(
    seed: int, subscribers: dict[ConnectionId, Subscriber]
) -> None:
    world, message = ten_thousand(subscribers)
    queue, random = Queue(world), Random(seed)
    queue.work_off(lambda: random.randrange(400))
    while queue.dead:
        assert job_of(world, message).state is JobState.FAILED
        queue.redrive()
        queue.work_off(lambda: random.randrange(400))
    assert queue.deaths > 30
    everybody_got_it(world, message, RECIPIENTS)
    twice = len(world.gateway.posted) - RECIPIENTS
    assert twice <= queue.deaths * PAGE_SIZE


def test_killed_is_no_error_that_anybody_would_catch() -> None:
    assert not issubclass(Killed, Exception)
