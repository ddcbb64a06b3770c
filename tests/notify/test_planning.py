from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.jobs import PartJob
from notify.model import Pattern, Username
from notify.parts import Announcement, BroadcastJob, Part, Shard
from notify.planning import (
    MAX_SHARDS_A_PART,
    MESSAGES_AT_ONCE,
    PART_SIZE,
    STEP_MS,
    Planner,
    pack,
    shards_of,
)
from notify.ports import Audience
from tests.fakes import FakeBroadcastJobs
from tests.notify.conftest import World

ORDERS = Pattern("orders:*")
JOB = BroadcastJob("bc_1", Username("root"), ORDERS, "ntf_1", 0, None, 9, 2)


def plenty() -> int:
    return STEP_MS


@pytest.fixture
def orders(world: World) -> World:
    """250 topics below `orders:*`, of which one has two shards."""
    for number in range(250):
        world.open(f"c{number}", world.principal("alice"), f"orders:{number}")
    world.memory.shards[Pattern("orders:7")] = 2
    world.jobs.begin(JOB, Announcement("{}"))
    return world


def plan(world: World, remaining_ms: Callable[[], int] = plenty) -> bool:
    job = world.jobs.get(JOB.id)
    assert job is not None
    return Planner(world.subscriptions, world.jobs, world.deliveries).plan(job, remaining_ms)


def planned(world: World) -> list[Shard]:
    return [shard for part in world.jobs.parts(JOB.id) for shard in part.shards]


def test_very_many_small_topics_cost_few_messages(orders: World) -> None:
    assert plan(orders)
    assert orders.deliveries.take() == [PartJob(JOB.id, number) for number in (1, 2, 3)]
    job = orders.jobs.get(JOB.id)
    assert job is not None
    assert (job.parts, job.shards, job.queued) == (3, 251, 3)


def test_every_shard_is_in_one_part(orders: World) -> None:
    plan(orders)
    audiences = orders.subscriptions.audiences(ORDERS)
    assert sorted(planned(orders), key=str) == sorted(shards_of(audiences), key=str)
    assert [part.is_last for part in orders.jobs.parts(JOB.id)] == [False, False, True]


def test_a_topic_that_is_counted_as_empty_is_read_all_the_same() -> None:
    empty = [Shard(Pattern(f"a:{number}"), 0) for number in range(3)]
    assert pack(empty, {}) == [tuple(empty)]
    assert pack(empty, {empty[0]: -7}) == [tuple(empty)]


def test_full_shards_have_parts_of_their_own() -> None:
    shards = shards_of([Audience(Pattern("general"), 4)])
    assert pack(shards, dict.fromkeys(shards, PART_SIZE)) == [(shard,) for shard in shards]
    assert len(pack(shards, dict.fromkeys(shards, PART_SIZE // 2))) == 2


@given(st.lists(st.integers(-5, 3 * PART_SIZE), max_size=300))
def test_parts_are_neither_long_nor_many(sizes: list[int]) -> None:
    shards = shards_of([Audience(Pattern("general"), len(sizes))])
    packed = pack(shards, dict(zip(shards, sizes, strict=True)))
    assert [shard for part in packed for shard in part] == shards
    for part in packed:
        assert 0 < len(part) <= MAX_SHARDS_A_PART
        assert len(part) == 1 or sum(max(0, sizes[each.number]) for each in part) <= PART_SIZE


def test_planning_once_more_changes_nothing(orders: World) -> None:
    plan(orders)
    before = orders.jobs.parts(JOB.id)
    orders.deliveries.take()
    assert plan(orders)
    assert orders.jobs.parts(JOB.id) == before
    assert orders.deliveries.take() == []


def test_a_topic_that_is_born_after_the_plan_is_not_in_it(orders: World) -> None:
    plan(orders)
    orders.open("late", orders.principal("bob"), "orders:new")
    plan(orders)
    assert Shard(Pattern("orders:new"), 0) not in planned(orders)


def test_a_planner_whose_time_is_out_is_followed_by_another(orders: World) -> None:
    steps = iter([STEP_MS, STEP_MS, 0])
    assert not plan(orders, lambda: next(steps))
    assert len(orders.jobs.parts(JOB.id)) == 2
    assert orders.deliveries.take() == []
    assert plan(orders)
    assert len(planned(orders)) == len(set(planned(orders))) == 251


def test_messages_are_put_with_progress(orders: World) -> None:
    parts = 2 * MESSAGES_AT_ONCE + 1
    for number in range(1, parts + 1):
        orders.jobs.add_part(JOB, Part(number, (), is_last=number == parts))
    steps = iter([STEP_MS, STEP_MS, 0])
    assert not plan(orders, lambda: next(steps))
    assert len(orders.deliveries.take()) == 2 * MESSAGES_AT_ONCE
    assert plan(orders)
    assert orders.deliveries.take() == [PartJob(JOB.id, parts)]


class Rivals(FakeBroadcastJobs):
    """Now and then another planner gets in between."""

    def __init__(self, random: Random, rival: Callable[[], object]) -> None:
        super().__init__()
        self._random = random
        self._rival = rival
        self._depth = 0

    def add_part(self, job: BroadcastJob, part: Part) -> bool:
        if self._depth < 3 and self._random.random() < 0.5:
            self._depth += 1
            self._rival()
            self._depth -= 1
        return super().add_part(job, part)


@pytest.mark.parametrize("seed", range(20))
def test_planners_that_see_other_topics_leave_none_out_and_none_in_twice(seed: int) -> None:
    world, random = World(), Random(seed)
    owed = [f"orders:{number}" for number in range(250)]
    for number, topic in enumerate(owed):
        world.open(f"c{number}", world.principal("alice"), topic)

    def rival() -> None:
        """It finds a new topic in front of all others, so that its parts are other ones."""
        name = f"new{len(world.memory.members)}"
        world.open(name, world.principal("bob"), f"orders:{name}")
        topics = list(world.memory.members.items())
        random.shuffle(topics)
        world.memory.members = dict(topics)
        plan(world, lambda: random.choice([0, STEP_MS, STEP_MS, STEP_MS]))

    world.jobs = Rivals(random, rival)
    world.jobs.begin(JOB, Announcement("{}"))
    assert plan(world)
    shards = planned(world)
    assert len(shards) == len(set(shards))
    assert set(owed) <= {shard.pattern for shard in shards}
    assert sum(part.is_last for part in world.jobs.parts(JOB.id)) == 1
