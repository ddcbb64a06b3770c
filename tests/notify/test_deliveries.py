from collections import Counter
from collections.abc import Callable

import pytest

from notify.deliveries import RESERVE_MS
from notify.jobs import ShardJob, encode_job, parse_job
from notify.model import ConnectionId, Pattern, Username
from notify.ports import PAGE_SIZE
from tests.notify.conftest import HOUR_MS, World

FRAME = '{"type":"notification"}'
GENERAL = Pattern("general")
ONE = {"delivered": 1, "gone": 0, "failed": 0}
NOBODY = {"delivered": 0, "gone": 0, "failed": 0}


def plenty() -> int:
    return RESERVE_MS


def no_time() -> int:
    return RESERVE_MS - 1


@pytest.fixture
def crowd(world: World) -> World:
    """A page and one more are connected."""
    for number in range(PAGE_SIZE + 1):
        world.open(f"c{number:04}", world.principal("alice" if number else "bob"))
    return world


def run(world: World, remaining_ms: Callable[[], int] = plenty, shard: int = 0) -> Counter[str]:
    job = ShardJob("bc_1", FRAME, GENERAL, shard)
    return world.deliverer.run(job, remaining_ms)


def test_a_job_reads_page_after_page_to_the_end(crowd: World) -> None:
    assert run(crowd)["delivered"] == PAGE_SIZE + 1
    assert len({to for to, _ in crowd.gateway.posted}) == PAGE_SIZE + 1
    assert crowd.deliveries.waiting == []


def test_a_job_that_runs_out_of_time_puts_the_rest_back(crowd: World) -> None:
    assert run(crowd, no_time)["delivered"] == PAGE_SIZE
    last = ConnectionId(f"c{PAGE_SIZE - 1:04}")
    assert crowd.deliveries.waiting == [(ShardJob("bc_1", FRAME, GENERAL, 0, after=last), 0)]


def test_the_rest_goes_on_behind_the_cursor(crowd: World) -> None:
    run(crowd, no_time)
    (rest,) = crowd.deliveries.take()
    assert crowd.deliverer.run(parse_job(encode_job(rest)), no_time)["delivered"] == 1
    assert crowd.deliveries.waiting == []
    assert len(crowd.gateway.posted) == PAGE_SIZE + 1


def test_a_job_that_comes_twice_posts_twice_and_breaks_nothing(world: World) -> None:
    world.open("c1", world.principal("alice"))
    assert run(world) == run(world) == ONE
    assert len(world.gateway.frames("c1")) == 2


def test_one_shard_is_one_jobs(world: World) -> None:
    world.memory.shards[GENERAL] = 2
    for number in range(6):
        world.open(f"c{number}", world.principal("alice"))
    assert run(world, shard=0)["delivered"] + run(world, shard=1)["delivered"] == 6
    assert len({to for to, _ in world.gateway.posted}) == 6


def test_an_empty_shard_is_done(world: World) -> None:
    assert run(world) == NOBODY


def test_excluded_users_are_left_out(crowd: World) -> None:
    job = ShardJob("bc_1", FRAME, GENERAL, 0, exclude_user_ids=(Username("alice"),))
    assert crowd.deliverer.run(job, plenty)["delivered"] == 1
    assert [to for to, _ in crowd.gateway.posted] == ["c0000"]


def test_expired_rows_are_left_out(world: World) -> None:
    world.open("c1", world.principal("alice", token_ms=24 * HOUR_MS))
    world.clock.advance(3 * HOUR_MS)
    assert run(world) == NOBODY


def test_gone_connections_are_forgotten_page_by_page(crowd: World) -> None:
    crowd.gateway.open.remove(ConnectionId("c0007"))
    assert run(crowd) == {"delivered": PAGE_SIZE, "gone": 1, "failed": 0}
    assert ConnectionId("c0007") not in crowd.memory.connections


def test_whom_a_page_did_not_reach_is_queued_for_a_retry(crowd: World) -> None:
    crowd.gateway.throttled.add(ConnectionId("c0007"))
    run(crowd)
    ((job, delay),) = crowd.later_queue.waiting
    assert [who.connection_id for who in job.subscribers] == ["c0007"]
    assert (job.frame, job.attempt, delay) == (FRAME, 1, 1)


def test_each_page_is_counted(crowd: World) -> None:
    crowd.gateway.throttled.add(ConnectionId("c0007"))
    crowd.gateway.open.remove(ConnectionId("c0008"))
    run(crowd)
    counters = crowd.counts.totals().counters
    assert counters == {"sent": 0, "delivered": PAGE_SIZE - 1, "gone": 1, "failed": 1, "acked": 0}
