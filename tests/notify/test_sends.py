import json

import pytest

from notify.errors import Forbidden, PayloadTooLarge, Unavailable, Unknown
from notify.frames import MAX_NOTIFICATION_BYTES, NotificationFrame
from notify.idempotency import Trial
from notify.jobs import RetryJob
from notify.marks import Watermarks
from notify.model import Action, ConnectionId, Pattern, Username, timestamp
from notify.ports import Audience
from notify.requests import Send
from notify.sends import SendResult, UserResult
from tests.fakes import FakeMarks, FakeStreams, FakeSubscriptions
from tests.notify.conftest import (
    DeafQueue,
    DyingGateway,
    LateStreams,
    SlowGateway,
    World,
    broadcast,
    content,
    publish_send,
    reached,
    send,
)

C1, C2, C3 = map(ConnectionId, ("c1", "c2", "c3"))


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
        "correlation_id": None,
        "unread": 1,
        "unseen": 1,
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
    (retry,) = three.later_queue.take()
    assert isinstance(retry, RetryJob)
    assert {who.connection_id for who in retry.subscribers} == {C1, C3}
    assert json.loads(retry.frame)["seq"] == 1


class ClosedStreams(FakeStreams):
    """Nothing can be stored."""

    def append(
        self,
        frame: NotificationFrame,
        at: int,
        expires_at: int,
        excluded: frozenset[Username] = frozenset(),
    ) -> NotificationFrame:
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
        publish_send(three, three.principal("alice", "member"), request)


def test_a_capability_lets_send_to_one_user_only(three: World) -> None:
    by = three.principal("bob", caps={Pattern("user:alice"): frozenset({Action.PUBLISH})})
    assert publish_send(three, by, Send(user_id="alice", **content())).status == "delivered"
    with pytest.raises(Forbidden):
        publish_send(three, by, Send(user_ids=["alice", "bob"], **content()))
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
    assert three.counts.totals().counters == {
        "sent": 1,
        "delivered": 1,
        "gone": 1,
        "failed": 1,
        "acked": 0,
    }


def test_a_send_reaches_who_subscribed_before_it_was_stored(world: World) -> None:
    world.streams = LateStreams(world, "general")
    send(world, "bob")
    assert reached(world) == ["late"]


# Counts


def numbers(world: World, connection_id: str) -> list[tuple[int | None, int | None]]:
    return [(frame["unread"], frame["unseen"]) for frame in world.gateway.frames(connection_id)]


def test_a_pushed_frame_carries_the_counts_of_its_receiver(three: World) -> None:
    broadcast(three, "role:member")
    send(three, "alice")
    send(three, "alice", "bob")
    assert numbers(three, "c1") == [(None, None), (2, 2), (3, 3)]
    assert numbers(three, "c2") == [(1, 1)]


def test_each_device_is_told_the_counts_of_its_own_inbox(three: World) -> None:
    three.open("c4", three.principal("alice"))
    broadcast(three, "role:member")
    send(three, "alice")
    assert (numbers(three, "c1")[-1], numbers(three, "c4")[-1]) == ((2, 2), (1, 1))


def test_what_is_stored_and_what_is_tried_again_carries_no_counts(three: World) -> None:
    three.gateway.throttled.add(C2)
    send(three, "bob")
    (stored,) = three.stored("user:bob")
    ((job, _),) = three.later_queue.waiting
    assert isinstance(job, RetryJob)
    retried = json.loads(job.frame)
    assert (stored.unread, retried["unread"], retried["unseen"]) == (None, None, None)


def test_who_watches_a_user_is_not_told_the_users_counts(three: World) -> None:
    caps = {Pattern("user:*"): frozenset({Action.SUBSCRIBE})}
    three.open("c9", three.principal("watcher", caps=caps), "user:alice")
    send(three, "alice")
    assert numbers(three, "c9") == [(None, None)]


def test_what_is_not_stored_does_not_count_but_tells_the_counts(three: World) -> None:
    send(three, "bob")
    send(three, "bob", persist=False)
    assert numbers(three, "c2") == [(1, 1), (1, 1)]


def test_nobody_counts_where_nobody_is_connected(world: World) -> None:
    class Uncountable(FakeMarks):
        def watermarks(self, username: Username) -> Watermarks:
            raise AssertionError(username)

    world.marks = Uncountable()
    assert send(world, "alice").status == "stored"


def test_counts_that_cannot_be_read_never_cost_a_notification(three: World) -> None:
    class Busy(FakeMarks):
        def watermarks(self, username: Username) -> Watermarks:
            raise Unavailable("try again")

    three.marks = Busy()
    assert send(three, "alice").status == "delivered"
    assert numbers(three, "c1") == [(None, None)]


def test_the_inboxes_of_more_than_ten_users_are_not_counted(world: World) -> None:
    crowd(world, 11)
    send(world, *(f"u{number:02}" for number in range(10)))
    send(world, *(f"u{number:02}" for number in range(11)))
    assert numbers(world, "c00") == [(1, 1), (None, None)]


# Stored for all, then pushed


def crowd(world: World, size: int) -> None:
    """u00, u01 … are there, as c00, c01 …"""
    for number in range(size):
        world.add_user(f"u{number:02}")
        world.open(f"c{number:02}", world.principal(f"u{number:02}"))


def test_everybody_has_a_copy_before_anybody_is_told(three: World) -> None:
    three.gateway = DyingGateway()
    with pytest.raises(KeyboardInterrupt):
        send(three, "alice", "bob")
    assert [len(three.stored(f"user:{name}")) for name in ("alice", "bob")] == [1, 1]


def test_who_are_left_when_time_is_up_are_the_queues(world: World) -> None:
    crowd(world, 20)
    world.gateway = SlowGateway(world)
    began, names = world.clock(), [f"u{number:02}" for number in range(20)]
    result = send(world, *names)
    assert world.clock() - began < 29_000
    assert all(len(world.stored(f"user:{name}")) == 1 for name in names)
    assert result.status == "partially_delivered"
    assert [each.connections for each in result.results] == [1] * 20
    assert sum(each.delivered for each in result.results) == len(world.gateway.posted) == 2
    world.do_later()
    assert reached(world) == [f"c{number:02}" for number in range(20)]


def test_a_send_that_is_made_again_leaves_every_post_to_the_queue(three: World) -> None:
    caps = {Pattern("user:*"): frozenset({Action.SUBSCRIBE})}
    three.open("c9", three.principal("watcher", caps=caps), "user:*", "user:alice")
    request = Send(user_ids=["alice", "bob"], exclude_connections=["c3"], **content())
    retry = Trial("ntf_1", three.clock())
    result = three.publishing.publish(three.principal("root", "service"), request, retry)
    assert isinstance(result, SendResult)
    assert result.status == "stored"
    assert result.results == [
        UserResult(Username("alice"), 1, 1, 0, 0),
        UserResult(Username("bob"), 1, 1, 0, 0),
    ]
    assert reached(three) == []
    queued = [job for job, _ in three.later_queue.waiting if isinstance(job, RetryJob)]
    assert [[who.connection_id for who in job.subscribers] for job in queued] == [
        ["c1", "c9"],
        ["c2", "c9"],
    ]
    three.do_later()
    assert reached(three) == ["c1", "c2", "c9", "c9"]


def test_a_queue_that_refuses_one_users_retry_costs_the_others_nothing(three: World) -> None:
    three.later_queue = DeafQueue()
    three.gateway.throttled |= {C1, C3}
    result = send(three, "alice", "bob")
    assert result.status == "partially_delivered"
    assert result.results == [
        UserResult(Username("alice"), 1, 2, 0, 0),
        UserResult(Username("bob"), 1, 1, 1, 0),
    ]


class AlicesAreBusy(FakeSubscriptions):
    """Nobody can say where alice is."""

    def audiences(self, pattern: Pattern) -> list[Audience]:
        if pattern == "user:alice":
            raise Unavailable("the table is busy: try again")
        return super().audiences(pattern)


def test_one_whose_connections_cannot_be_read_costs_the_others_nothing(three: World) -> None:
    three.subscriptions = AlicesAreBusy(three.memory)
    result = send(three, "alice", "bob")
    assert result.status == "partially_delivered"
    assert [(each.seq, each.connections) for each in result.results] == [(1, 0), (1, 1)]


def test_what_is_neither_stored_nor_can_be_posted_is_unavailable(three: World) -> None:
    three.subscriptions = AlicesAreBusy(three.memory)
    with pytest.raises(Unavailable):
        send(three, "alice", persist=False)
