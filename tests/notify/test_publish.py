import json
from collections.abc import Iterable
from typing import Any

import pytest

from notify.errors import Forbidden, Invalid, PayloadTooLarge, Unavailable, Unknown
from notify.frames import MAX_NOTIFICATION_BYTES, NotificationFrame
from notify.jobs import Job, RetryJob, ShardJob
from notify.model import Action, ConnectionId, Pattern, Username, timestamp
from notify.publish import BroadcastResult, SendResult, UserResult
from notify.requests import Broadcast, Send
from tests.fakes import FakeDeliveries, FakeStreams
from tests.notify.conftest import World

C1, C2, C3 = map(ConnectionId, ("c1", "c2", "c3"))


@pytest.fixture
def three(world: World) -> World:
    """alice is connected as c1 and c3, bob as c2."""
    world.open("c1", world.principal("alice", "member"), "orders:eu")
    world.open("c2", world.principal("bob", "manager"), "orders:*")
    world.open("c3", world.principal("alice", "member"))
    return world


def content(**fields: Any) -> dict[str, Any]:
    said = {"notification_type": "approved", "title": "Approved", "message": "Loan #12"}
    return {**said, **fields}


def send(world: World, *names: str, by: str = "service", **fields: Any) -> SendResult:
    request = Send(user_ids=list(names), **content(**fields))
    return world.publisher.send(world.principal("root", by), request)


def broadcast(world: World, pattern: str, by: str = "service", **fields: Any) -> BroadcastResult:
    request = Broadcast(pattern=pattern, **content(**fields))
    return world.publisher.broadcast(world.principal("root", by), request)


def reached(world: World) -> list[str]:
    return sorted(to for to, _ in world.gateway.posted)


# Sending


def test_a_send_reaches_every_connection_of_the_user_and_nobody_else(three: World) -> None:
    result = send(three, "alice")
    assert reached(three) == ["c1", "c3"]
    assert result.status == "delivered"
    assert result.results == [UserResult(Username("alice"), 1, 2, 2, 0)]


def test_the_frame_says_what_was_asked_and_who_asked(three: World) -> None:
    result = send(three, "bob", data={"loan_id": 12}, priority="high", ttl_seconds=60)
    (frame,) = three.gateway.frames("c2")
    now = three.clock()
    assert frame == {
        "type": "notification",
        "id": result.notification_id,
        "notification_type": "approved",
        "title": "Approved",
        "message": "Loan #12",
        "priority": "high",
        "data": {"loan_id": 12},
        "sender": {"id": "root", "roles": ["service"]},
        "timestamp": timestamp(now),
        "stream": "user:bob",
        "topic": "user:bob",
        "epoch": "epoch",
        "seq": 1,
        "expires_at": timestamp(now + 60_000),
        "collapse_key": None,
        "replay": False,
    }


def test_what_is_pushed_is_what_is_stored(three: World) -> None:
    send(three, "bob")
    (stored,) = three.stored("user:bob")
    assert three.gateway.frames("c2")[0]["seq"] == stored.seq
    assert three.gateway.frames("c2")[0]["id"] == stored.id


def test_numbers_follow_each_other(three: World) -> None:
    for _ in range(3):
        send(three, "bob")
    assert [frame["seq"] for frame in three.gateway.frames("c2")] == [1, 2, 3]


def test_each_user_has_an_own_stream_and_all_get_one_id(three: World) -> None:
    result = send(three, "alice", "bob")
    assert [each.user_id for each in result.results] == ["alice", "bob"]
    stored = [three.stored(f"user:{name}")[0] for name in ("alice", "bob")]
    assert {frame.id for frame in stored} == {result.notification_id}
    assert [frame.seq for frame in stored] == [1, 1]


def test_a_send_is_stored_though_nobody_is_connected(world: World) -> None:
    result = send(world, "alice")
    assert result.status == "stored"
    assert result.results[0].connections == 0
    assert len(world.stored("user:alice")) == 1


def test_a_send_is_stored_though_every_post_fails(three: World) -> None:
    three.gateway.throttled |= {C1, C3}
    result = send(three, "alice")
    assert (result.status, result.results[0].delivered) == ("stored", 0)
    assert len(three.stored("user:alice")) == 1
    (retry,) = three.deliveries.take()
    assert isinstance(retry, RetryJob)
    assert {who.connection_id for who in retry.subscribers} == {C1, C3}
    assert json.loads(retry.frame)["seq"] == 1


class ClosedStreams(FakeStreams):
    """Nothing can be stored."""

    def append(self, frame: NotificationFrame, expires_at: int) -> NotificationFrame:
        raise Unavailable("the stream is busy: try again")


def test_what_could_not_be_stored_is_not_pushed(three: World) -> None:
    three.streams = ClosedStreams(three.memory)
    with pytest.raises(Unavailable):
        send(three, "alice")
    with pytest.raises(Unavailable):
        broadcast(three, "general")
    assert three.untouched


def test_a_send_that_reaches_some_is_partially_delivered(three: World) -> None:
    three.gateway.throttled.add(C1)
    assert send(three, "alice").status == "partially_delivered"


def test_a_send_to_one_here_and_one_away_is_partially_delivered(three: World) -> None:
    three.add_user("carol")
    assert send(three, "alice", "carol").status == "partially_delivered"


def test_a_gone_connection_is_counted_and_forgotten(three: World) -> None:
    three.gateway.open.discard(C3)
    result = send(three, "alice")
    assert (result.results[0].delivered, result.results[0].gone) == (1, 1)
    assert set(three.memory.connections) == {C1, C2}


def test_who_watches_a_user_gets_the_send_but_does_not_make_it_delivered(world: World) -> None:
    watching = {Pattern("user:*"): frozenset({Action.SUBSCRIBE})}
    world.open("c9", world.principal("auditor", caps=watching), "user:*")
    result = send(world, "alice")
    assert reached(world) == ["c9"]
    assert (result.status, result.results[0].connections) == ("stored", 0)


def test_a_send_that_is_not_to_persist_is_only_pushed(three: World) -> None:
    result = send(three, "bob", persist=False)
    assert result.results[0].seq is None
    (frame,) = three.gateway.frames("c2")
    assert (frame["seq"], frame["epoch"]) == (None, None)
    assert not three.memory.streams


def test_a_send_that_neither_persists_nor_reaches_anybody_is_undelivered(world: World) -> None:
    assert send(world, "alice", persist=False).status == "undelivered"


def test_excluded_connections_are_left_out(three: World) -> None:
    result = send(three, "alice", exclude_connections=["c1"])
    assert reached(three) == ["c3"]
    assert result.results[0].connections == 1


def test_who_watches_a_user_by_a_wildcard_gets_it_too(three: World) -> None:
    caps = {Pattern("user:*"): frozenset({Action.SUBSCRIBE})}
    three.open("c9", three.principal("watcher", caps=caps), "user:*")
    send(three, "bob")
    assert reached(three) == ["c2", "c9"]


@pytest.mark.parametrize("names", [["mallory"], ["alice", "mallory"], ["alice", "a:b"]])
def test_an_unknown_user_is_named_and_nothing_is_written(three: World, names: list[str]) -> None:
    with pytest.raises(Unknown, match=names[-1]):
        send(three, *names)
    assert three.untouched


@pytest.mark.parametrize("role", ["member", "manager", "administrator"])
def test_who_may_not_send_writes_nothing(three: World, role: str) -> None:
    with pytest.raises(Forbidden):
        send(three, "alice", by=role)
    assert three.untouched


def test_who_may_not_send_does_not_learn_which_users_exist(three: World) -> None:
    with pytest.raises(Forbidden):
        send(three, "mallory", by="member")


def test_nobody_sends_even_to_oneself_without_a_capability(three: World) -> None:
    request = Send(user_id="alice", **content())
    with pytest.raises(Forbidden):
        three.publisher.send(three.principal("alice", "member"), request)


def test_a_capability_lets_send_to_one_user_only(three: World) -> None:
    by = three.principal("bob", caps={Pattern("user:alice"): frozenset({Action.PUBLISH})})
    assert three.publisher.send(by, Send(user_id="alice", **content())).status == "delivered"
    with pytest.raises(Forbidden):
        three.publisher.send(by, Send(user_ids=["alice", "bob"], **content()))
    assert not three.stored("user:bob")


def test_a_notification_above_28_kb_is_refused_and_nothing_is_written(three: World) -> None:
    huge = {"text": "x" * MAX_NOTIFICATION_BYTES}
    with pytest.raises(PayloadTooLarge):
        send(three, "alice", data=huge)
    with pytest.raises(PayloadTooLarge):
        broadcast(three, "general", data=huge)
    assert three.untouched


def test_the_largest_notification_fits_into_a_frame_of_32_kb(three: World) -> None:
    text = "x" * (MAX_NOTIFICATION_BYTES - 600)
    assert send(three, "bob", data={"text": text}).status == "delivered"
    (frame,) = three.gateway.frames("c2")
    assert len(json.dumps(frame)) < 32 * 1024


def test_bytes_are_counted_and_not_characters(three: World) -> None:
    with pytest.raises(PayloadTooLarge):
        send(three, "alice", data={"text": "\N{SNOWMAN}" * 10_000})


def test_a_send_is_counted(three: World) -> None:
    three.gateway.open.discard(C3)
    three.gateway.throttled.add(C2)
    send(three, "alice", "bob")
    assert three.counts.totals().counters == {"sent": 1, "delivered": 1, "gone": 1, "failed": 1}


# Broadcasting


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


def test_a_broadcast_to_everybody_is_in_the_stream_of_everybody(three: World) -> None:
    assert broadcast(three, "*").pattern == "*"
    assert list(three.memory.streams) == ["general"]
    assert three.gateway.frames("c1")[0]["topic"] == "general"


def test_a_broadcast_is_stored_though_every_post_fails(three: World) -> None:
    three.gateway.throttled |= {C1, C2, C3}
    result = broadcast(three, "general")
    assert (result.delivered, result.failed) == (0, 3)
    assert len(three.stored("general")) == 1
    assert len(three.deliveries.take()) == 1


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
    three.publisher.broadcast(by, Broadcast(pattern="orders:*", **content()))
    for beyond in ("*", "orders", "general"):
        with pytest.raises(Forbidden):
            three.publisher.broadcast(by, Broadcast(pattern=beyond, **content()))


def test_a_broadcast_is_counted(three: World) -> None:
    three.gateway.open.discard(C2)
    broadcast(three, "general")
    assert three.counts.totals().counters == {"sent": 1, "delivered": 2, "gone": 1, "failed": 0}


def test_pages_are_read_to_the_end(world: World) -> None:
    world.max_inline_recipients = 2000
    for number in range(1001):
        world.open(f"c{number:04}", world.principal("alice"))
    assert broadcast(world, "general").delivered == 1001


class LateStreams(FakeStreams):
    """Somebody subscribes while the notification is on its way into the stream."""

    def __init__(self, world: World, topic: str) -> None:
        super().__init__(world.memory)
        self._world = world
        self._topic = topic

    def append(self, frame: NotificationFrame, expires_at: int) -> NotificationFrame:
        self._world.open("late", self._world.principal("bob"), self._topic)
        return super().append(frame, expires_at)


def test_a_send_reaches_who_subscribed_before_it_was_stored(world: World) -> None:
    world.streams = LateStreams(world, "general")
    send(world, "bob")
    assert reached(world) == ["late"]


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
    jobs = [job for job in many.deliveries.take() if isinstance(job, ShardJob)]
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
    jobs = [job for job in many.deliveries.take() if isinstance(job, ShardJob)]
    assert sorted(job.pattern for job in jobs) == ["orders:*", "orders:eu"]


def test_exactly_as_many_as_a_call_does_are_done_in_the_call(three: World) -> None:
    three.max_inline_recipients = 3
    assert broadcast(three, "general").broadcast_id is None


def test_a_dry_run_of_many_queues_nothing(many: World) -> None:
    assert broadcast(many, "general", dry_run=True).recipients == 3
    assert many.untouched


class FullDeliveries(FakeDeliveries):
    """A queue that does not answer."""

    def put(self, jobs: Iterable[Job], delay_seconds: int = 0) -> None:
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
    assert many.counts.totals().counters == {"sent": 1, "delivered": 3, "gone": 0, "failed": 0}
