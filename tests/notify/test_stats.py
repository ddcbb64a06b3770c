import pytest

from notify.stats import MAX_COUNTED_BY_USER, Stats, read_stats
from notify.topics import EVERYBODY
from tests.notify.conftest import World, broadcast


def read(world: World, *roles: str) -> Stats:
    by = world.principal("watcher", *roles)
    return read_stats(by, world.counts, world.subscriptions, world.jobs, world.clock)


def test_numbers_are_true(world: World) -> None:
    world.open("c1", world.principal("alice", "member"))
    world.open("c2", world.principal("alice", "member"), "orders:eu")
    world.open("c3", world.principal("bob"))
    world.counts.add({"sent": 2, "delivered": 3})
    totals = read(world).totals
    assert (totals.connections, totals.users, totals.topics) == (3, 2, 5)
    assert totals.counters == {"sent": 2, "delivered": 3, "gone": 0, "failed": 0, "acked": 0}


@pytest.mark.parametrize("role", ["admin", "service"])
def test_admins_and_services_see_the_connections_of_each_user(world: World, role: str) -> None:
    world.open("c1", world.principal("alice"))
    world.open("c2", world.principal("alice"))
    world.open("c3", world.principal("bob"))
    assert read(world, role).connections_by_user == {"alice": 2, "bob": 1}


def test_the_connections_of_every_shard_are_seen(world: World) -> None:
    world.memory.shards[EVERYBODY] = 4
    for number in range(8):
        world.open(f"c{number}", world.principal("alice"))
    assert read(world, "admin").connections_by_user == {"alice": 8}


def test_nobody_else_sees_names(world: World) -> None:
    world.open("c1", world.principal("alice"))
    assert read(world, "member").connections_by_user == {}


def test_names_are_not_collected_from_very_many(world: World) -> None:
    for number in range(MAX_COUNTED_BY_USER + 1):
        world.open(f"c{number}", world.principal("alice"))
    stats = read(world, "admin")
    assert stats.totals.connections == MAX_COUNTED_BY_USER + 1
    assert stats.connections_by_user == {}


def test_where_nobody_is_connected_all_is_zero(world: World) -> None:
    stats = read(world, "admin")
    assert (stats.totals.connections, stats.totals.users, stats.totals.topics) == (0, 0, 0)
    assert stats.connections_by_user == {}
    assert (stats.running, stats.queued) == (0, 0)


def test_broadcasts_that_wait_or_run_are_counted(world: World) -> None:
    world.open("c1", world.principal("alice"), *"abcd")
    world.max_inline_recipients = 0
    waiting, running, done, failed = (broadcast(world, name) for name in "abcd")
    world.jobs.start(f"{running.broadcast_id}", world.clock())
    world.jobs.cancel(f"{done.broadcast_id}")
    world.jobs.fail(f"{failed.broadcast_id}", 1)
    stats = read(world, "admin")
    assert waiting.broadcast_id is not None
    assert (stats.running, stats.queued) == (1, 1)
