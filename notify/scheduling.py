"""Sends with a time of their own: accepted, cancelled, and found when they are due."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime

from msgspec import UNSET, Struct
from msgspec.structs import replace

from notify.accounts import Accounts
from notify.broadcasts import BroadcastResult
from notify.errors import Conflict, Invalid, Unknown
from notify.idempotency import Trial
from notify.jobs import ScheduledJob
from notify.model import Principal, User
from notify.ports import PAGE_SIZE, Clock, LaterQueue
from notify.publishing import Publishing, Stored
from notify.requests import Addressed, Broadcast
from notify.sends import SendResult
from notify.timetable import Scheduled, ScheduledSend, ScheduledState, Timetable
from notify.topics import SEGMENT

MINUTE_MS = 60_000
# What is due within this is on the queue already: the scheduler comes once a minute, or late.
HORIZON_MS = 2 * MINUTE_MS
# For so long after a minute, a call that began before it may still write into it.
SETTLE_MS = 2 * MINUTE_MS
# When what was put on the queue is looked at again, lest it got lost there.
RECHECK_MS = 15 * MINUTE_MS
MAX_AHEAD_MS = 365 * 24 * 60 * MINUTE_MS
KEPT_MS = 30 * 24 * 60 * MINUTE_MS  # behind its time
RESERVE_MS = 10_000  # more than a page takes


class ScheduledResult(Struct, frozen=True):
    """It will be sent, under that id, at that time (ms). `pattern` is a broadcast's."""

    notification_id: str
    at: int
    pattern: str | None = None
    status: str = ScheduledState.SCHEDULED


Result = SendResult | BroadcastResult | ScheduledResult


class Scheduling:
    """What callers ask for."""

    def __init__(
        self,
        publishing: Publishing,
        accounts: Accounts,
        scheduled: Scheduled,
        timetable: Timetable,
        later: LaterQueue,
        clock: Clock,
    ) -> None:
        self._publishing = publishing
        self._accounts = accounts
        self._scheduled = scheduled
        self._timetable = timetable
        self._later = later
        self._clock = clock

    def accept(self, by: Principal, request: Addressed, trial: Trial) -> Result:
        """Publishes now, or remembers to.

        Raises: Invalid, Forbidden, Unknown, PayloadTooLarge.
        """
        if request.schedule_at is UNSET:
            return self._publishing.publish(by, request, trial)
        return self._schedule(by, request, trial, _due(request.schedule_at))

    def store(self, by: Principal, request: Addressed, trial: Trial) -> Stored | ScheduledResult:
        """Stores what is to be pushed now, or remembers what has a time. Raises: as above."""
        if request.schedule_at is UNSET:
            return self._publishing.store(by, request, trial)
        return self._schedule(by, request, trial, _due(request.schedule_at))

    def cancel(self, by: Principal, id: str) -> None:
        """Raises: Unknown, also for what is another's; Conflict once it is being sent."""
        item = self._scheduled.get(id) if SEGMENT.fullmatch(id) else None
        if item is None or not self._may_cancel(by, item):
            raise Unknown(f"nothing is scheduled under {id[:64]!r}")
        if self._is_cancelled(item):
            return
        raise Conflict("it has been sent already")

    def _may_cancel(self, by: Principal, item: ScheduledSend) -> bool:
        if by.has_role("admin", "service"):
            return True
        return by.username == item.by.username and is_of_then(self._accounts.get(by.username), item)

    def _schedule(
        self, by: Principal, request: Addressed, trial: Trial, at: int
    ) -> ScheduledResult:
        now = self._clock()
        # What was in time when it was tried first is in time.
        if at < (now if trial.tried_at is None else trial.tried_at):
            raise Invalid("schedule_at: it is past")
        if at > now + MAX_AHEAD_MS:
            raise Invalid("schedule_at: at most 365 days ahead")
        if isinstance(request, Broadcast) and request.dry_run:
            raise Invalid("schedule_at: a dry run is never sent")
        item = ScheduledSend(
            id=trial.notification_id,
            by=by,
            request=request,
            at=at,
            created_at=now,
            expires_at=at + KEPT_MS,
            correlation_id=self._publishing.check(by, request),
        )
        item = self._scheduled.add(item)
        if item.state.is_open:
            self._arrange(item, now)
        pattern = request.pattern if isinstance(request, Broadcast) else None
        return ScheduledResult(item.id, item.at, pattern)

    def _arrange(self, item: ScheduledSend, now: int) -> None:
        """Behind the item's own row: an entry that leads nowhere would be dropped."""
        self._timetable.begin(_minute(now))
        if item.at > now + HORIZON_MS:
            self._timetable.put(_minute(item.at), [item.id], item.expires_at)
            return
        self._timetable.put(_minute(now + RECHECK_MS), [item.id], item.expires_at)
        self._later.put([ScheduledJob(item.id)], seconds_until(item.at, now))

    def _is_cancelled(self, item: ScheduledSend) -> bool:
        if item.state is ScheduledState.SCHEDULED:
            self._scheduled.change(item, replace(item, state=ScheduledState.CANCELLED))
            item = self._scheduled.get(item.id) or item
        return item.state is ScheduledState.CANCELLED


class DueScan:
    """Every minute: puts what is due soon on the queue, and what was missed at once.

    Minutes are emptied in order and a position says how far, so an outage of any length is caught
    up with. An entry on the queue moves a quarter of an hour on, and goes when its send is done:
    neither two scans at once nor one that dies half way can lose it, and the job is done once.
    """

    def __init__(
        self, scheduled: Scheduled, timetable: Timetable, later: LaterQueue, clock: Clock
    ) -> None:
        self._scheduled = scheduled
        self._timetable = timetable
        self._later = later
        self._clock = clock

    def run(self, remaining_ms: Callable[[], int]) -> Counter[str]:
        """Returns how many were put on the queue and how many were done with already."""
        now, total = self._clock(), Counter[str]()
        settled, last = _minute(now - SETTLE_MS), _minute(now + HORIZON_MS)
        position = self._timetable.position()
        minute = settled if position is None else min(position, settled)
        while minute <= last and remaining_ms() > RESERVE_MS:
            ids = self._timetable.due(minute, PAGE_SIZE)
            if ids:
                total.update(self._hand_over(minute, ids, now))
            else:
                minute += 1
        self._timetable.advance(min(minute, settled))
        return total

    def _hand_over(self, minute: int, ids: list[str], now: int) -> Counter[str]:
        items = self._scheduled.get_each(ids)
        waiting = [item for item in items.values() if item.state.is_open]
        by_delay: defaultdict[int, list[ScheduledJob]] = defaultdict(list)
        for item in waiting:
            by_delay[seconds_until(item.at, now)].append(ScheduledJob(item.id))
        for delay, jobs in by_delay.items():
            self._later.put(jobs, delay)
        self._timetable.put(_minute(now + RECHECK_MS), [item.id for item in waiting], now + KEPT_MS)
        self._timetable.remove(minute, ids)
        return Counter(queued=len(waiting), done=len(ids) - len(waiting))


def seconds_until(at: int, now: int) -> int:
    """Whole seconds, never too few; as many as SQS can hold a message back."""
    return min(900, max(0, math.ceil((at - now) / 1000)))


def _minute(at: int) -> int:
    return at // MINUTE_MS


def _due(moment: datetime) -> int:
    return math.floor(moment.timestamp() * 1000)


def is_of_then(user: User, item: ScheduledSend) -> bool:
    """Whether the user had the name already when it was scheduled, and not another one."""
    return user.created_at <= item.created_at
