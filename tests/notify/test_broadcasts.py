import json
from collections.abc import Iterable

import pytest

from notify.errors import Forbidden, Invalid, Unavailable
from notify.jobs import ShardJob
from notify.model import Action, ConnectionId, Pattern
from notify.requests import Broadcast
from tests.fakes import FakeDeliveries
from tests.notify.conftest import LateStreams, World, broadcast, content, reached

C1, C2, C3 = map(ConnectionId, ("c1", "c2", "c3"))


def test_a_broadcast_reaches_whoever_is_subscribed(three: World) -> None:
    result = broadcast(three, "role:member")
    assert reached(three) == ["c1", "c3"]
    assert (result.recipients, result.delivered, result.gone, result.failed) == (2, 2, 0, 0)
    assert (result.broadcast_id, result.dry_run) == (None, False)


@pytest.mark.parametrize(
    ("pattern", "who"),
    [
        ("general", ["c1", "c2", "c3"]),
        ("*", ["c1", "c2", "c3"]),
        ("user:*", ["c1", "c2", "c3"]),
        ("user:alice", ["c1", "c3"]),
        ("orders:eu", ["c1", "c2"]),
        ("orders:eu:berlin", ["c2"]),
        ("orders:us", ["c2"]),
        ("orders:*", ["c1", "c2"]),
        ("orders:eu:*", ["c2"]),
        ("orders", []),
        ("role:*", ["c1", "c2", "c3"]),
        ("nobody", []),
    ],
)
def test_a_broadcast_reaches_what_it_covers_and_what_covers_it(
    three: World, pattern: str, who: list[str]
) -> None:
    assert broadcast(three, pattern).recipients == len(who)
    assert reached(three) == who


def test_wildcards_of_every_depth_hear_a_deep_topic(world: World) -> None:
    for number, topic in enumerate(("a:b:c", "a:b:*", "a:*", "a:b", "a:x:*", "b:*")):
        world.open(f"c{number}", world.principal("alice"), topic)
    broadcast(world, "a:b:c")
    assert reached(world) == ["c0", "c1", "c2"]


def test_a_connection_that_is_reached_by_two_topics_gets_one_frame(world: World) -> None:
    world.open("c1", world.principal("alice"), "a:b", "a:*")
    assert broadcast(world, "a:b").recipients == 1
    assert len(world.gateway.frames("c1")) == 1


def test_a_broadcast_is_stored_once_in_the_stream_of_its_topic(three: World) -> None:
    result = broadcast(three, "orders:eu")
    (stored,) = three.stored("orders:eu")
    assert (stored.id, stored.topic, stored.seq) == (result.notification_id, "orders:eu", 1)
    assert list(three.memory.streams) == ["orders:eu"]


@pytest.mark.parametrize("pattern", ["*", "user:*"])
def test_a_broadcast_to_everybody_is_in_the_stream_of_everybody(three: World, pattern: str) -> None:
    assert broadcast(three, pattern).pattern == pattern
    assert list(three.memory.streams) == ["general"]
    assert three.gateway.frames("c1")[0]["topic"] == "general"


def test_a_broadcast_is_stored_though_every_post_fails(three: World) -> None:
    three.gateway.throttled |= {C1, C2, C3}
    result = broadcast(three, "general")
    assert (result.delivered, result.failed) == (0, 3)
    assert len(three.stored("general")) == 1
    assert len(three.later_queue.take()) == 1


def test_one_gone_connection_costs_nobody_the_broadcast(three: World) -> None:
    three.gateway.open.discard(C2)
    result = broadcast(three, "general")
    assert (result.delivered, result.gone) == (2, 1)
    assert set(three.memory.connections) == {C1, C3}


def test_a_broadcast_that_is_not_to_persist_is_only_pushed(three: World) -> None:
    broadcast(three, "orders:eu", persist="none")
    assert three.gateway.frames("c1")[0]["seq"] is None
    assert not three.memory.streams


def test_excluded_users_are_left_out(three: World) -> None:
    assert broadcast(three, "general", exclude_user_ids=["alice"]).recipients == 1
    assert reached(three) == ["c2"]


def test_a_dry_run_counts_and_writes_nothing(three: World) -> None:
    result = broadcast(three, "general", dry_run=True)
    assert (result.recipients, result.delivered, result.dry_run) == (3, 0, True)
    assert three.untouched


@pytest.mark.parametrize("pattern", ["a b", "a:*:b", "**", "a:b:c:d:e:f", "a#0", ":*"])
def test_a_pattern_that_is_none_is_invalid_and_nothing_is_written(
    three: World, pattern: str
) -> None:
    with pytest.raises(Invalid, match=r"^pattern: "):
        broadcast(three, pattern)
    assert three.untouched


@pytest.mark.parametrize("dry_run", [True, False])
def test_who_may_not_broadcast_writes_nothing_and_counts_nobody(
    three: World, dry_run: bool
) -> None:
    with pytest.raises(Forbidden):
        broadcast(three, "general", by="member", dry_run=dry_run)
    assert three.untouched


def test_a_capability_lets_broadcast_below_it_only(three: World) -> None:
    by = three.principal("bob", caps={Pattern("orders:*"): frozenset({Action.PUBLISH})})
    three.broadcasts.broadcast(by, Broadcast(pattern="orders:*", **content()))
    for beyond in ("*", "orders", "general"):
        with pytest.raises(Forbidden):
            three.broadcasts.broadcast(by, Broadcast(pattern=beyond, **content()))


def test_a_broadcast_is_counted(three: World) -> None:
    three.gateway.open.discard(C2)
    broadcast(three, "general")
    assert three.counts.totals().counters == {
        "sent": 1,
        "delivered": 2,
        "gone": 1,
        "failed": 0,
        "acked": 0,
    }


def test_pages_are_read_to_the_end(world: World) -> None:
    world.max_inline_recipients = 2000
    for number in range(1001):
        world.open(f"c{number:04}", world.principal("alice"))
    assert broadcast(world, "general").delivered == 1001


@pytest.mark.parametrize("max_inline_recipients", [200, -1], ids=["inline", "queue"])
def test_a_broadcast_reaches_who_subscribed_before_it_was_stored(
    world: World, max_inline_recipients: int
) -> None:
    # `late` is told `subscribed` with seq 0, so number 1 must come to it.
    world.max_inline_recipients = max_inline_recipients
    world.streams = LateStreams(world, "orders:eu")
    broadcast(world, "orders:eu")
    for job in world.deliveries.take():
        world.deliverer.run(job, lambda: 60_000)
    assert reached(world) == ["late"]


# By the queue


@pytest.fixture
def many(three: World) -> World:
    """Three connections are more than a call does itself; `general` has two shards."""
    three.max_inline_recipients = 1
    three.memory.shards[Pattern("general")] = 2
    return three


def test_many_are_the_queues_work_with_one_job_a_shard(many: World) -> None:
    result = broadcast(many, "general", exclude_user_ids=["bob"])
    jobs = many.deliveries.take()
    assert [(job.pattern, job.shard, job.after) for job in jobs] == [
        ("general", 0, None),
        ("general", 1, None),
    ]
    assert {job.broadcast_id for job in jobs} == {result.broadcast_id}
    assert {job.exclude_user_ids for job in jobs} == {("bob",)}
    assert many.gateway.posted == []


def test_a_queued_broadcast_estimates_and_names_itself(many: World) -> None:
    result = broadcast(many, "general")
    assert result.broadcast_id == "bc_" + result.notification_id.removeprefix("ntf_")
    assert (result.recipients, result.delivered) == (3, 0)
    assert result.estimated_seconds == 1


def test_a_queued_broadcast_is_stored_before_it_is_queued(many: World) -> None:
    broadcast(many, "general")
    (stored,) = many.stored("general")
    job = many.deliveries.take()[0]
    assert isinstance(job, ShardJob)
    assert json.loads(job.frame)["seq"] == stored.seq == 1


def test_a_wildcard_has_the_jobs_of_each_of_its_topics(many: World) -> None:
    broadcast(many, "orders:eu")
    jobs = many.deliveries.take()
    assert sorted(job.pattern for job in jobs) == ["orders:*", "orders:eu"]


def test_exactly_as_many_as_a_call_does_are_done_in_the_call(three: World) -> None:
    three.max_inline_recipients = 3
    assert broadcast(three, "general").broadcast_id is None


def test_a_dry_run_of_many_queues_nothing(many: World) -> None:
    assert broadcast(many, "general", dry_run=True).recipients == 3
    assert many.untouched


class FullDeliveries(FakeDeliveries):
    """A queue that does not answer."""

    def put(self, jobs: Iterable[ShardJob], delay_seconds: int = 0) -> None:
        raise Unavailable("the queue does not answer: try again")


def test_a_broadcast_that_cannot_be_queued_is_unavailable(many: World) -> None:
    many.deliveries = FullDeliveries()
    with pytest.raises(Unavailable):
        broadcast(many, "general")


def test_what_the_queue_does_arrives_like_what_the_call_does(many: World) -> None:
    broadcast(many, "general")
    for job in many.deliveries.take():
        many.deliverer.run(job, lambda: 60_000)
    assert reached(many) == ["c1", "c2", "c3"]
    assert many.counts.totals().counters == {
        "sent": 1,
        "delivered": 3,
        "gone": 0,
        "failed": 0,
        "acked": 0,
    }
