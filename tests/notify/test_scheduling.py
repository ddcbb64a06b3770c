import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from notify.broadcasts import BroadcastResult
from notify.codes import Code
from notify.errors import Conflict, Invalid, Unavailable, Unknown
from notify.idempotency import Trial
from notify.jobs import LaterJob, ScheduledJob
from notify.model import Username
from notify.requests import Broadcast, Send
from notify.scheduling import (
    HORIZON_MS,
    MAX_AHEAD_MS,
    MINUTE_MS,
    RESERVE_MS,
    SETTLE_MS,
    ScheduledResult,
    seconds_until,
)
from notify.sends import SendResult
from notify.timetable import ScheduledSend, ScheduledState
from tests.fakes import FakeLaterQueue, FakeScheduled
from tests.notify.conftest import DeafQueue, World, content, refusal_code

DAY_MS = 86_400_000


def moment(at: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)


def schedule(
    world: World, in_ms: int, id: str = "ntf_1", by: str = "root", role: str = "admin", **more: Any
) -> Any:
    at = moment(world.clock() + in_ms)
    trial = Trial(id, more.pop("tried_at", None))
    request = Send(**{"user_id": "alice", **content(**more)}, schedule_at=at)
    return world.scheduling.accept(world.principal(by, role), request, trial)


def state_of(world: World, id: str = "ntf_1") -> ScheduledState:
    item = world.scheduled.get(id)
    assert item is not None
    return item.state


def scan(world: World, remaining_ms: int = 50_000) -> dict[str, int]:
    return dict(world.due_scan.run(lambda: remaining_ms))


def queued(world: World) -> list[tuple[LaterJob, int]]:
    waiting = list(world.later_queue.waiting)
    world.later_queue.waiting.clear()
    return waiting


# Accepting


def test_what_has_no_time_is_published_now(three: World) -> None:
    by = three.principal("root", "admin")
    sent = three.scheduling.accept(by, Send(user_id="alice", **content()), Trial("ntf_1"))
    said = three.scheduling.accept(by, Broadcast(pattern="general", **content()), Trial("ntf_2"))
    assert isinstance(sent, SendResult)
    assert isinstance(said, BroadcastResult)
    assert queued(three) == []


def test_what_has_a_time_is_remembered_and_not_sent(three: World) -> None:
    result = schedule(three, DAY_MS)
    assert result == ScheduledResult("ntf_1", three.clock() + DAY_MS)
    assert state_of(three) is ScheduledState.SCHEDULED
    assert three.untouched


def test_a_broadcast_may_have_a_time(three: World) -> None:
    by, at = three.principal("root", "admin"), three.clock() + DAY_MS
    request = Broadcast(pattern="orders:*", **content(), schedule_at=moment(at))
    result = three.scheduling.accept(by, request, Trial("ntf_1"))
    assert result == ScheduledResult("ntf_1", at, "orders:*")
    assert three.untouched


@pytest.mark.parametrize(("in_ms", "delay"), [(0, 0), (1, 1), (1_500, 2), (HORIZON_MS, 120)])
def test_what_is_due_soon_is_on_the_queue_at_once(three: World, in_ms: int, delay: int) -> None:
    schedule(three, in_ms)
    assert queued(three) == [(ScheduledJob("ntf_1"), delay)]


@pytest.mark.parametrize("in_ms", [-1, -DAY_MS, MAX_AHEAD_MS + 1])
def test_a_time_out_of_bounds_is_refused_by_its_name(three: World, in_ms: int) -> None:
    with pytest.raises(Invalid, match=r"^schedule_at: "):
        schedule(three, in_ms)
    assert three.scheduled.get("ntf_1") is None


def test_the_furthest_time_is_a_year_ahead(three: World) -> None:
    assert schedule(three, MAX_AHEAD_MS).at == three.clock() + MAX_AHEAD_MS


@pytest.mark.parametrize("year", [1, 9999])
def test_any_time_that_can_be_written_is_judged(three: World, year: int) -> None:
    for hours in (-14, 14):
        zone = datetime.timezone(datetime.timedelta(hours=hours))
        at = datetime.datetime(year, 1, 1, tzinfo=zone)
        request = Send(user_id="alice", **content(), schedule_at=at)
        by = three.principal("root", "admin")
        assert refusal_code(three.scheduling.accept, by, request, Trial("n")) is Code.INVALID


def test_a_dry_run_has_no_time(three: World) -> None:
    request = Broadcast(
        pattern="general", **content(), dry_run=True, schedule_at=moment(three.clock() + DAY_MS)
    )
    with pytest.raises(Invalid, match="schedule_at: a dry run is never sent"):
        three.scheduling.accept(three.principal("root", "admin"), request, Trial("ntf_1"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"role": "member"}, Code.FORBIDDEN_TOPIC),
        ({"user_id": "nobody"}, Code.UNKNOWN),
        ({"data": {"x": "y" * 29_000}}, Code.PAYLOAD_TOO_LARGE),
    ],
)
def test_what_could_not_be_sent_now_is_not_remembered(
    three: World, change: dict[str, Any], code: Code
) -> None:
    assert refusal_code(lambda: schedule(three, DAY_MS, **change)) is code
    assert three.scheduled.get("ntf_1") is None


def test_a_retry_remembers_once_also_when_its_time_has_passed(three: World) -> None:
    tried_at = three.clock()
    first = schedule(three, 1_000)
    three.clock.advance(40_000)
    assert schedule(three, -39_000, tried_at=tried_at) == first
    assert queued(three) == [(ScheduledJob("ntf_1"), 1), (ScheduledJob("ntf_1"), 0)]


def test_a_retry_behind_a_cancellation_brings_nothing_back(three: World) -> None:
    schedule(three, DAY_MS)
    three.scheduling.cancel(three.principal("root"), "ntf_1")
    schedule(three, DAY_MS, tried_at=three.clock())
    assert state_of(three) is ScheduledState.CANCELLED


def test_what_the_queue_did_not_take_is_found_by_the_scan(three: World) -> None:
    three.later_queue = DeafQueue()
    with pytest.raises(Unavailable):
        schedule(three, 1_000)
    three.later_queue = FakeLaterQueue()
    for _ in range(20):
        three.clock.advance(MINUTE_MS)
        scan(three)
    assert queued(three) == [(ScheduledJob("ntf_1"), 0)]


# Cancelling


@pytest.mark.parametrize(
    ("name", "role"), [("root", "member"), ("alice", "admin"), ("backend", "service")]
)
def test_the_owner_admins_and_services_cancel(three: World, name: str, role: str) -> None:
    schedule(three, DAY_MS)
    three.scheduling.cancel(three.principal(name, role), "ntf_1")
    assert state_of(three) is ScheduledState.CANCELLED


def test_the_next_owner_of_the_callers_name_does_not_cancel(three: World) -> None:
    schedule(three, DAY_MS)
    three.clock.advance(1_000)
    three.users.remove(Username("root"), three.clock())
    three.add_user("root", "member")
    with pytest.raises(Unknown):
        three.scheduling.cancel(three.principal("root", "member"), "ntf_1")
    assert state_of(three) is ScheduledState.SCHEDULED


def test_who_cancels_twice_is_not_told_off(three: World) -> None:
    schedule(three, DAY_MS)
    for _ in range(2):
        three.scheduling.cancel(three.principal("root"), "ntf_1")
    assert state_of(three) is ScheduledState.CANCELLED


def test_another_ones_is_unknown(three: World) -> None:
    schedule(three, DAY_MS)
    with pytest.raises(Unknown):
        three.scheduling.cancel(three.principal("alice", "member"), "ntf_1")
    assert state_of(three) is ScheduledState.SCHEDULED


@pytest.mark.parametrize("id", ["ntf_2", "", "item#ntf_1", "x" * 3000, "a/b", "\udcff"])
def test_what_was_never_scheduled_is_unknown(three: World, id: str) -> None:
    schedule(three, DAY_MS)
    with pytest.raises(Unknown):
        three.scheduling.cancel(three.principal("root", "admin"), id)


def test_what_is_sent_is_not_cancelled(three: World) -> None:
    schedule(three, 0)
    three.later.run(ScheduledJob("ntf_1"))
    with pytest.raises(Conflict):
        three.scheduling.cancel(three.principal("root"), "ntf_1")
    assert len(three.stored("user:alice")) == 1


class RacingScheduled(FakeScheduled):
    """Somebody claims it in front of the write."""

    to = ScheduledState.SENDING

    def change(self, seen: ScheduledSend, to: ScheduledSend) -> bool:
        racing = replace(seen, state=self.to, lease_until=seen.lease_until + 1)
        super().change(seen, racing)
        return super().change(seen, to)


def test_of_a_claim_and_a_cancellation_one_wins(three: World) -> None:
    three.scheduled = RacingScheduled()
    schedule(three, 0)
    with pytest.raises(Conflict):
        three.scheduling.cancel(three.principal("root"), "ntf_1")


def test_two_cancellations_at_once_both_succeed(three: World) -> None:
    racing = three.scheduled = RacingScheduled()
    racing.to = ScheduledState.CANCELLED
    schedule(three, 0)
    three.scheduling.cancel(three.principal("root"), "ntf_1")


# Finding what is due


def test_nothing_is_due_before_its_time_comes_near(three: World) -> None:
    schedule(three, 10 * MINUTE_MS)
    assert scan(three) == {}
    assert queued(three) == []


def test_what_comes_near_is_queued_with_the_seconds_left(three: World) -> None:
    schedule(three, 10 * MINUTE_MS + 500)
    three.clock.advance(9 * MINUTE_MS)
    assert scan(three) == {"queued": 1, "done": 0}
    assert queued(three) == [(ScheduledJob("ntf_1"), 61)]


def test_every_delay_is_one_that_the_queue_can_hold(three: World) -> None:
    for seconds in range(121, 600, 7):
        schedule(three, seconds * 1000, id=f"ntf_{seconds}")
    delays = []
    for _ in range(12):
        scan(three)
        delays += [delay for _, delay in queued(three)]
        three.clock.advance(MINUTE_MS)
    assert len(delays) == len(range(121, 600, 7))
    assert all(0 <= delay <= 180 for delay in delays)


def test_it_is_queued_once_by_the_scans_of_the_minutes_around(three: World) -> None:
    schedule(three, 5 * MINUTE_MS)
    for _ in range(10):
        scan(three)
        three.clock.advance(MINUTE_MS)
    assert len(queued(three)) == 1


def test_what_got_lost_on_the_queue_is_queued_again_later(three: World) -> None:
    schedule(three, 0)
    queued(three)
    for _ in range(16):
        three.clock.advance(MINUTE_MS)
        scan(three)
    assert queued(three) == [(ScheduledJob("ntf_1"), 0)]


def test_what_is_done_leaves_the_timetable(three: World) -> None:
    schedule(three, 0)
    three.later.run(ScheduledJob("ntf_1"))
    queued(three)
    for _ in range(20):
        three.clock.advance(MINUTE_MS)
        scan(three)
    assert queued(three) == []
    assert not any(three.timetable.minutes.values())  # type: ignore[attr-defined]


def test_a_cancelled_one_is_not_queued(three: World) -> None:
    schedule(three, 10 * MINUTE_MS)
    three.scheduling.cancel(three.principal("root"), "ntf_1")
    three.clock.advance(10 * MINUTE_MS)
    assert scan(three) == {"queued": 0, "done": 1}
    assert queued(three) == []


@pytest.mark.parametrize("down_minutes", [5, 60, 3 * 24 * 60])
def test_what_was_missed_in_an_outage_is_queued_at_once(three: World, down_minutes: int) -> None:
    scan(three)
    schedule(three, 4 * MINUTE_MS)
    schedule(three, (down_minutes - 1) * MINUTE_MS, id="ntf_2")
    three.clock.advance(down_minutes * MINUTE_MS)
    scan(three)
    assert {job.id for job, _ in queued(three) if isinstance(job, ScheduledJob)} == {
        "ntf_1",
        "ntf_2",
    }


def test_what_was_missed_before_the_first_scan_ever_is_found(three: World) -> None:
    schedule(three, 10 * MINUTE_MS)
    three.clock.advance(DAY_MS)
    scan(three)
    assert len(queued(three)) == 1


def test_a_scan_out_of_time_goes_on_where_it_was(three: World) -> None:
    for number in range(1, 31):
        schedule(three, (number + 2) * MINUTE_MS, id=f"ntf_{number}")
    three.clock.advance(60 * MINUTE_MS)
    found = 0
    for _ in range(40):
        left = iter([RESERVE_MS + 1] * 5)
        three.due_scan.run(lambda left=left: next(left, RESERVE_MS))  # type: ignore[misc]
        found += len(queued(three))
    assert found == 30


def test_an_entry_written_late_into_its_minute_is_found(three: World) -> None:
    # A call that began before the horizon and took its whole time to write.
    scan(three)
    at = three.clock() + HORIZON_MS + 1
    item = ScheduledSend(
        "ntf_1", three.principal("root", "admin"), Send(user_id="alice", **content()),
        at, three.clock(), at + DAY_MS,
    )  # fmt: skip
    for _ in range(3):
        three.clock.advance(MINUTE_MS)
        scan(three)
    three.scheduled.add(item)
    three.timetable.put(at // MINUTE_MS, ["ntf_1"], item.expires_at)
    three.clock.advance(SETTLE_MS - MINUTE_MS)
    scan(three)
    assert queued(three) == [(ScheduledJob("ntf_1"), 0)]


def test_an_entry_that_leads_nowhere_is_dropped(three: World) -> None:
    minute = three.clock() // MINUTE_MS
    three.timetable.put(minute, ["ntf_9"], three.clock() + DAY_MS)
    assert scan(three) == {"queued": 0, "done": 1}
    assert three.timetable.due(minute, 10) == []


@pytest.mark.parametrize(
    ("ms", "seconds"), [(-5, 0), (0, 0), (1, 1), (1000, 1), (1001, 2), (10**9, 900)]
)
def test_seconds_are_whole_and_never_too_few(ms: int, seconds: int) -> None:
    assert seconds_until(1_000_000 + ms, 1_000_000) == seconds
