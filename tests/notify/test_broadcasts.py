import json
from typing import Any

import pytest

from notify.broadcasts import MAX_INLINE_SHARDS, BroadcastResult, job_id
from notify.budget import POSTING_MS
from notify.errors import Forbidden, Invalid, Unavailable
from notify.frames import NotificationFrame
from notify.idempotency import Trial
from notify.jobs import PartJob
from notify.model import Action, ConnectionId, Pattern, Username
from notify.parts import PLAN
from notify.ports import Page
from notify.requests import Batch, Broadcast
from tests.fakes import FakeStreams, FakeSubscriptions
from tests.notify.conftest import (
    DeafDeliveries,
    DeafQueue,
    LateStreams,
    World,
    broadcast,
    content,
    publish_broadcast,
    reached,
)
from tests.notify.killing import Killed, Killer, Queue

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
    publish_broadcast(three, by, Broadcast(pattern="orders:*", **content()))
    for beyond in ("*", "orders", "general"):
        with pytest.raises(Forbidden):
            publish_broadcast(three, by, Broadcast(pattern=beyond, **content()))


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
    world.deliver_all()
    assert reached(world) == ["late"]


# By the queue


def test_many_are_the_queues_work_and_cost_the_call_one_message(many: World) -> None:
    result = broadcast(many, "general", exclude_user_ids=["bob"], max_rate=7)
    assert many.deliveries.take() == [PartJob(f"{result.broadcast_id}", PLAN)]
    job = many.jobs.get(f"{result.broadcast_id}")
    assert job is not None
    assert (job.by, job.pattern, job.max_rate) == ("root", "general", 7)
    assert (job.recipients, job.shards, job.created_at) == (3, 2, many.clock())
    assert many.jobs.announcement(job.id).excluded == {"bob"}
    assert many.gateway.posted == []


def test_a_queued_broadcast_estimates_and_names_itself(many: World) -> None:
    result = broadcast(many, "general")
    assert result.broadcast_id == "bc_" + result.notification_id.removeprefix("ntf_")
    assert (result.recipients, result.delivered) == (3, 0)
    assert result.estimated_seconds == 1
    assert broadcast(many, "general", max_rate=1).estimated_seconds == 3


def test_a_queued_broadcast_is_stored_before_it_is_queued(many: World) -> None:
    broadcast_id = broadcast(many, "general").broadcast_id
    (stored,) = many.stored("general")
    assert json.loads(many.jobs.announcement(f"{broadcast_id}").frame)["seq"] == stored.seq == 1


def test_exactly_as_many_as_a_call_does_are_done_in_the_call(three: World) -> None:
    three.max_inline_recipients = 3
    assert broadcast(three, "general").broadcast_id is None


def test_more_than_may_be_posted_in_a_second_are_the_queues_work(three: World) -> None:
    assert broadcast(three, "general", max_rate=3).delivered == 3
    assert broadcast(three, "general", max_rate=2).broadcast_id is not None


def test_so_many_shards_that_reading_them_takes_long_are_the_queues_work(three: World) -> None:
    three.memory.shards[Pattern("general")] = MAX_INLINE_SHARDS
    assert broadcast(three, "general").delivered == 3
    three.memory.shards[Pattern("general")] = MAX_INLINE_SHARDS + 1
    assert broadcast(three, "general").broadcast_id is not None
    assert broadcast(three, "general", dry_run=True).recipients == 3


def test_a_dry_run_of_many_queues_nothing(many: World) -> None:
    assert broadcast(many, "general", dry_run=True).recipients == 3
    assert many.untouched


def test_a_broadcast_that_cannot_be_queued_is_unavailable(many: World) -> None:
    many.deliveries = DeafDeliveries()
    with pytest.raises(Unavailable):
        broadcast(many, "general")


@pytest.mark.parametrize("pattern", ["general", "orders:*", "orders:eu"])
def test_what_the_queue_does_arrives_like_what_the_call_does(many: World, pattern: str) -> None:
    broadcast(many, pattern)
    many.deliver_all()
    assert reached(many) == (["c1", "c2", "c3"] if pattern == "general" else ["c1", "c2"])
    delivered = len(many.gateway.posted)
    counters = many.counts.totals().counters
    assert counters == {"sent": 1, "delivered": delivered, "gone": 0, "failed": 0, "acked": 0}


class BusyBehindStreams(FakeStreams):
    """The function stays long at the stream."""

    def __init__(self, world: World) -> None:
        super().__init__(world.memory)
        self._world = world

    def append(
        self,
        frame: NotificationFrame,
        at: int,
        expires_at: int,
        excluded: frozenset[Username] = frozenset(),
    ) -> NotificationFrame:
        self._world.clock.advance(POSTING_MS)
        return super().append(frame, at, expires_at, excluded)


def test_whose_time_is_up_leaves_the_posts_to_the_queue(three: World) -> None:
    three.streams = BusyBehindStreams(three)
    result = broadcast(three, "general")
    assert (result.recipients, result.broadcast_id) == (3, job_id(result.notification_id))
    assert reached(three) == []
    three.deliver_all()
    assert reached(three) == ["c1", "c2", "c3"]


class SlowSubscriptions(FakeSubscriptions):
    """Whose pages take a while."""

    PAGE_MS = 5

    def __init__(self, world: World) -> None:
        super().__init__(world.memory)
        self._clock = world.clock
        self.pages = 0

    def page(
        self, pattern: Pattern, shard: int, after: ConnectionId | None, limit: int, now: int
    ) -> Page:
        self.pages += 1
        self._clock.advance(self.PAGE_MS)
        return super().page(pattern, shard, after, limit, now)


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_batch_of_broadcasts_reads_no_longer_than_it_may_post(
    world: World, dry_run: bool
) -> None:
    world.open("c1", world.principal("alice"), *(f"orders:{number}" for number in range(60)))
    world.subscriptions = subscriptions = SlowSubscriptions(world)
    item = content(pattern="orders:*", dry_run=dry_run)
    began = world.clock()
    results = world.batches.run(
        world.principal("root", "service"), Batch([item] * 100), Trial("ntf_1")
    )
    assert world.clock() - began <= POSTING_MS + subscriptions.PAGE_MS
    outcomes = [each.outcome for each in results if isinstance(each.outcome, BroadcastResult)]
    assert len(outcomes) == 100
    late = [each for each in outcomes if each.recipients != 1]
    assert late
    assert {(each.recipients, each.broadcast_id is None) for each in late} == {(60, dry_run)}


def test_a_call_that_is_made_again_reads_no_members(three: World) -> None:
    three.subscriptions = subscriptions = SlowSubscriptions(three)
    assert again(three, "general").broadcast_id == "bc_fixed"
    assert subscriptions.pages == 0
    three.deliver_all()
    assert reached(three) == ["c1", "c2", "c3"]


def test_nobody_is_left_to_the_queue_where_nobody_is(world: World) -> None:
    world.streams = BusyBehindStreams(world)
    assert broadcast(world, "general").broadcast_id is None


def test_whom_the_queue_for_later_refuses_has_failed_and_nothing_else_has(three: World) -> None:
    three.later_queue = DeafQueue()
    three.gateway.throttled.add(C1)
    result = broadcast(three, "general")
    assert (result.recipients, result.delivered, result.failed) == (3, 2, 1)


# Once more, under the same id

GENERAL = Broadcast(pattern="general", **content())


def again(world: World, pattern: str, **fields: Any) -> BroadcastResult:
    request = Broadcast(pattern=pattern, **content(**fields))
    return publish_broadcast(
        world, world.principal("root", "service"), request, Trial("ntf_fixed", 0)
    )


def test_a_call_that_is_made_again_queues_nothing_twice(many: World) -> None:
    first = again(many, "general")
    many.deliver_all()
    assert again(many, "general") == first
    assert many.deliveries.waiting == []
    assert len(many.gateway.posted) == 3
    assert len(many.stored("general")) == 1


def test_a_call_that_is_made_again_puts_the_message_that_is_missing(many: World) -> None:
    there, many.deliveries = many.deliveries, DeafDeliveries()
    with pytest.raises(Unavailable):
        again(many, "general")
    many.deliveries = there
    again(many, "general")
    many.deliver_all()
    assert reached(many) == ["c1", "c2", "c3"]
    assert len(many.stored("general")) == 1
    assert many.counts.totals().counters["sent"] == 1


def test_a_call_that_is_made_again_stays_with_the_queue_though_few_are_left(many: World) -> None:
    first = again(many, "general")
    many.connections.close(C1)
    many.connections.close(C2)
    assert again(many, "general").broadcast_id == first.broadcast_id
    many.deliver_all()
    assert reached(many) == ["c3"]


def test_a_call_that_is_made_again_keeps_its_place_in_the_stream(three: World) -> None:
    publish_broadcast(three, three.principal("root", "service"), GENERAL, Trial("ntf_fixed"))
    broadcast(three, "general")
    assert again(three, "general").notification_id == "ntf_fixed"
    three.deliver_all()
    frames = [frame for frame in three.gateway.frames("c1") if frame["id"] == "ntf_fixed"]
    assert [frame["seq"] for frame in frames] == [1, 1]
    assert len(three.stored("general")) == 2


class SinceStreams(FakeStreams):
    """Remembers since when it was searched."""

    searched: int | None = None

    def find(self, stream: Pattern, notification_id: str, since: int) -> NotificationFrame | None:
        self.searched = since
        return super().find(stream, notification_id, since)


def test_a_first_try_is_looked_for_since_it_began(three: World) -> None:
    three.streams = streams = SinceStreams(three.memory)
    request = Broadcast(pattern="general", **content())
    publish_broadcast(three, three.principal("root", "service"), request, Trial("ntf_1", 12))
    assert streams.searched == 12


def test_a_new_id_is_not_looked_for(three: World) -> None:
    three.streams = streams = SinceStreams(three.memory)
    broadcast(three, "general")
    assert streams.searched is None


def test_a_call_that_dies_anywhere_is_completed_by_the_next() -> None:
    for operations in range(1000):
        world = World(max_inline_recipients=0)
        for name in ("c1", "c2", "c3"):
            world.open(name, world.principal("alice"))
        killer, streams = Killer(), world.streams
        world.streams = killer.at(streams)
        queue = Queue(world, killer)
        killer.left = operations
        try:
            again(world, "general")
        except Killed:
            pass
        else:
            assert operations > 5
            return
        killer.left = None
        again(world, "general")
        queue.work_off(lambda: None)
        assert reached(world) == ["c1", "c2", "c3"]
        assert len(world.stored("general")) == 1
