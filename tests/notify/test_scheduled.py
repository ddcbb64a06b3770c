from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from notify.errors import Unavailable
from notify.frames import MAX_NOTIFICATION_BYTES, NotificationFrame
from notify.idempotency import Trial
from notify.jobs import ScheduledJob
from notify.model import Username
from notify.requests import Broadcast, Send
from notify.scheduled import LEASE_MS
from notify.timetable import ScheduledSend, ScheduledState
from tests.fakes import FakeScheduled, FakeStreams
from tests.notify.conftest import World, content, reached, refusal_code
from tests.notify.test_scheduling import moment, queued, schedule, state_of

JOB = ScheduledJob("ntf_1")


@pytest.fixture
def due(three: World) -> World:
    """What root scheduled for alice is due; the queue has handed it out."""
    schedule(three, 1_000)
    three.clock.advance(1_000)
    queued(three)
    return three


def run(world: World) -> Counter[str]:
    return world.later.run(JOB)


def test_it_is_sent_under_its_id_by_who_scheduled_it(due: World) -> None:
    assert run(due) == {"sent": 1}
    (stored,) = due.stored("user:alice")
    assert (stored.id, stored.sender.id) == ("ntf_1", "root")
    assert reached(due) == ["c1", "c3"]
    assert state_of(due) is ScheduledState.SENT


def test_a_broadcast_is_sent_too(three: World) -> None:
    request = Broadcast(pattern="orders:eu", **content(), schedule_at=moment(three.clock() + 1_000))
    three.scheduling.accept(three.principal("root", "admin"), request, Trial("ntf_1"))
    three.clock.advance(1_000)
    assert run(three) == {"sent": 1}
    assert reached(three) == ["c1", "c2"]


def test_a_job_that_comes_twice_sends_once(due: World) -> None:
    run(due)
    assert run(due) == {"done": 1}
    assert len(due.stored("user:alice")) == 1
    assert len(due.gateway.posted) == 2


def test_a_job_of_nothing_is_done(three: World) -> None:
    assert run(three) == {"done": 1}


def test_a_cancelled_one_is_not_sent(due: World) -> None:
    due.scheduling.cancel(due.principal("root"), "ntf_1")
    assert run(due) == {"done": 1}
    assert due.untouched


def test_a_job_that_is_early_waits_for_the_rest(three: World) -> None:
    schedule(three, 90_000)
    queued(three)
    three.clock.advance(60_000)
    assert run(three) == {"early": 1}
    assert queued(three) == [(JOB, 30)]
    assert not three.memory.streams


@pytest.mark.parametrize("to", [{"user_id": "alice"}, {"pattern": "*"}])
def test_what_was_accepted_at_the_limit_of_size_is_sent(three: World, to: dict[str, Any]) -> None:
    kind = Broadcast if "pattern" in to else Send
    by, at = three.principal("root", "admin"), moment(three.clock() + 1_000)
    three.correlation_id = "short"

    def accept(size: int) -> None:
        request = kind(**to, **content(data={"x": "y" * size}), schedule_at=at)
        three.scheduling.accept(by, request, Trial(f"ntf_{size}"))

    sizes = range(MAX_NOTIFICATION_BYTES - 600, MAX_NOTIFICATION_BYTES)
    largest = max(size for size in sizes if refusal_code(accept, size) is None)
    three.clock.advance(1_000)
    three.correlation_id = "a-very-much-longer-one-of-the-job-itself"
    assert three.later.run(ScheduledJob(f"ntf_{largest}")) == {"sent": 1}
    assert {frame["correlation_id"] for _, frame in three.gateway.posted} == {"short"}


def test_a_job_follows_the_request_that_had_asked_for_it(three: World) -> None:
    three.correlation_id = "order-12"
    schedule(three, 60_000)
    three.clock.advance(60_000)
    three.correlation_id = "the scheduler's"
    assert run(three) == {"sent": 1}
    assert three.correlation_id == "order-12"


class DyingStreams(FakeStreams):
    """The function is killed behind its first write."""

    def append(
        self,
        frame: NotificationFrame,
        at: int,
        expires_at: int,
        excluded: frozenset[Username] = frozenset(),
    ) -> NotificationFrame:
        super().append(frame, at, expires_at, excluded)
        raise KeyboardInterrupt


def test_what_died_half_way_goes_on_behind_its_lease(due: World) -> None:
    streams, due.streams = due.streams, DyingStreams(due.memory)
    with pytest.raises(KeyboardInterrupt):
        run(due)
    due.streams = streams
    assert run(due) == {"early": 1}
    assert queued(due) == [(JOB, LEASE_MS // 1000)]
    due.clock.advance(LEASE_MS)
    assert run(due) == {"sent": 1}
    due.do_later()
    assert [frame.id for frame in due.stored("user:alice")] == ["ntf_1"]
    assert reached(due) == ["c1", "c3"]


class RacingScheduled(FakeScheduled):
    """Another worker claims it in front of this one."""

    def change(self, seen: ScheduledSend, to: ScheduledSend) -> bool:
        super().change(seen, replace(to, lease_until=to.lease_until + 1))
        return super().change(seen, to)


def test_of_two_workers_one_sends_and_the_other_comes_back(due: World) -> None:
    racing = RacingScheduled()
    racing.items = due.scheduled.items  # type: ignore[attr-defined]
    due.scheduled = racing
    assert run(due) == {"early": 1}
    assert queued(due) == [(JOB, LEASE_MS // 1000)]
    assert not due.memory.streams


@pytest.mark.parametrize("fate", ["removed", "replaced", "disabled"])
def test_nothing_is_sent_for_an_account_that_is_no_longer_good(due: World, fate: str) -> None:
    root = due.users.by_name[Username("root")]
    if fate != "disabled":
        due.users.remove(root.username, due.clock())
    if fate == "replaced":
        due.add_user("root", "admin")
    if fate == "disabled":
        due.users.replace(replace(root, disabled=True))
    assert run(due) == {"refused": 1}
    assert state_of(due) is ScheduledState.REFUSED
    assert due.untouched


def test_nothing_is_sent_to_a_user_who_is_no_longer_there(due: World) -> None:
    due.users.remove(Username("alice"), due.clock())
    assert run(due) == {"refused": 1}
    assert not due.memory.streams


@pytest.mark.parametrize("others", [[], ["bob"]])
def test_nothing_is_sent_to_the_next_owner_of_a_receivers_name(
    three: World, others: list[str]
) -> None:
    by, at = three.principal("root", "admin"), moment(three.clock() + 1_000)
    request = Send(user_ids=[*others, "alice"], **content(), schedule_at=at)
    three.scheduling.accept(by, request, Trial("ntf_1"))
    three.clock.advance(1_000)
    three.users.remove(Username("alice"), three.clock())
    three.add_user("alice", "member")
    assert run(three) == {"refused": 1}
    assert not three.memory.streams
    assert reached(three) == []


class BusyStreams(FakeStreams):
    def append(
        self,
        frame: NotificationFrame,
        at: int,
        expires_at: int,
        excluded: frozenset[Username] = frozenset(),
    ) -> NotificationFrame:
        raise Unavailable("the stream is busy: try again")


def test_what_a_store_does_not_take_is_tried_again(due: World) -> None:
    streams, due.streams = due.streams, BusyStreams(due.memory)
    with pytest.raises(Unavailable):
        run(due)
    due.streams = streams
    due.clock.advance(LEASE_MS)
    assert run(due) == {"sent": 1}
