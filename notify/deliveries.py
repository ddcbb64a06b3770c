"""The queue's side of a broadcast: page after page of a part."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from math import ceil

from msgspec import Struct
from msgspec.structs import replace

from notify.errors import Unavailable
from notify.fanout import MAX_ATTEMPTS, Delivery, Fanout
from notify.jobs import PartJob
from notify.model import Subscriber
from notify.pacing import Pace
from notify.parts import PLAN, Announcement, BroadcastJob, JobState, Part
from notify.planning import Planner
from notify.ports import (
    PAGE_SIZE,
    BroadcastJobs,
    Clock,
    Counts,
    Deliveries,
    Sleep,
    Subscriptions,
)

# More than a page takes at its worst, when every peer in it hangs until its post times out.
RESERVE_MS = 60_000
# The time that SQS hands a message out last; then it is a dead letter (infra/queues.yml).
MAX_RECEIVES = 5
# A message whose work a busy store cut off waits 1, 2, 4 … seconds, not the queue's whole
# visibility timeout; but not for ever.
MAX_TRIES = 8
MAX_DELAY_SECONDS = 900  # SQS's longest


class Ending(StrEnum):
    """How the work on a message ended."""

    FINISHED = "finished"
    REQUEUED = "requeued"  # a new message carries on
    OVERTAKEN = "overtaken"  # another worker is at the same part
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  # older than any job is kept


class Work(Struct, frozen=True):
    """What became of a message, and of its posts."""

    ending: Ending
    tally: Counter[str]


class Deliverer:
    """Works off the queue of deliveries.

    SQS may hand out a message twice, and Lambda may die at any point. What was done is written
    down page by page, over the version that it was made from: of two workers at one part the
    second to write stops. So every page is counted once, and at most one is posted twice.
    """

    def __init__(
        self,
        subscriptions: Subscriptions,
        counts: Counts,
        fanout: Fanout,
        jobs: BroadcastJobs,
        deliveries: Deliveries,
        pace: Pace,
        clock: Clock,
        sleep: Sleep,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._subscriptions = subscriptions
        self._counts = counts
        self._fanout = fanout
        self._jobs = jobs
        self._deliveries = deliveries
        self._planner = Planner(subscriptions, jobs, deliveries)
        self._pace = pace
        self._clock = clock
        self._sleep = sleep
        self._page_size = page_size

    def run(
        self, message: PartJob, remaining_ms: Callable[[], int], receive_count: int = 1
    ) -> Work | None:
        """Does what the message says, or as much of it as leaves RESERVE_MS.

        None: the message is to stay in the queue, for whom it is about is in work elsewhere. If
        that worker dies, it is what carries on.
        """
        is_last_try = receive_count >= MAX_RECEIVES
        try:
            work = self._work(message, remaining_ms, is_last_try)
        except Unavailable:
            if message.tries == MAX_TRIES:
                raise
            work = self._put_off(message)
        if is_last_try:
            with suppress(Unavailable):  # whoever carries on will do it
                self._jobs.resume(message.broadcast_id, message.part)
        is_theirs = work.ending is Ending.OVERTAKEN and not is_last_try
        return None if is_theirs else work

    def _work(self, message: PartJob, remaining_ms: Callable[[], int], is_last_try: bool) -> Work:
        job = self._jobs.get(message.broadcast_id)
        if job is None:
            return _ended(Ending.UNKNOWN)
        if job.state is JobState.CANCELLED:
            return _ended(Ending.CANCELLED)
        if is_last_try:
            # Nobody may be alive to say so afterwards.
            self._jobs.fail(job.id, message.part)
        elif message.part in job.failed:
            self._jobs.resume(job.id, message.part)
        if message.part == PLAN:
            return self._plan(job, message, remaining_ms)
        return self._deliver(job, message.part, remaining_ms)

    def _put_off(self, message: PartJob) -> Work:
        again = replace(message, tries=message.tries + 1)
        self._deliveries.put([again], delay_seconds=2**message.tries)
        return _ended(Ending.REQUEUED)

    def _plan(self, job: BroadcastJob, message: PartJob, remaining_ms: Callable[[], int]) -> Work:
        if self._planner.plan(job, remaining_ms):
            return _ended(Ending.FINISHED)
        self._deliveries.put([message])
        return _ended(Ending.REQUEUED)

    def _deliver(self, job: BroadcastJob, number: int, remaining_ms: Callable[[], int]) -> Work:
        part = self._jobs.part(job.id, number)
        if part is None:
            return _ended(Ending.UNKNOWN)
        if part.is_done:  # and whoever did it may have died before it said so
            return self._finish(job, part, Counter())
        if job.started_at is None:
            self._jobs.start(job.id, self._clock())
        return self._pages(job, part, self._jobs.announcement(job.id), remaining_ms)

    def _pages(
        self,
        job: BroadcastJob,
        part: Part,
        announcement: Announcement,
        remaining_ms: Callable[[], int],
    ) -> Work:
        total = Counter[str]()
        while True:
            began = self._clock()
            after, posts = self._step(job, part, announcement)
            written = self._jobs.checkpoint(job.id, after)
            if written is None:
                return Work(Ending.OVERTAKEN, total)
            total.update(self._count(part, written))
            part = written
            pause_ms = int(posts * 1000 / self._pace.share(job)) - (self._clock() - began)
            if part.is_done:
                work = self._finish(job, part, total)
                self._pause(min(pause_ms, remaining_ms() - RESERVE_MS))
                return work
            pause_seconds = ceil(max(0, pause_ms) / 1000)
            if _must_retry(part, self._page_size):
                return self._requeue(job, part, total, max(_wait_seconds(part), pause_seconds))
            if remaining_ms() - pause_ms < RESERVE_MS:
                return self._requeue(job, part, total, pause_seconds)
            self._pause(pause_ms)
            current = self._jobs.get(job.id)
            if current is None or current.state is JobState.CANCELLED:
                return Work(Ending.CANCELLED, total)

    def _step(self, job: BroadcastJob, part: Part, announcement: Announcement) -> tuple[Part, int]:
        """The part after one page more, and how many were posted to."""
        frame = announcement.frame.encode()
        if _is_given_up(part):
            self._fanout.give_up(frame, part.pending)
            return _given_up(part), 0
        if _must_retry(part, self._page_size):
            delivery = self._fanout.deliver_again(frame, part.pending)
            return _retried(part, delivery), len(part.pending)
        part, due = self._read(job, part, announcement)
        delivery = self._fanout.deliver(frame, due)
        return _posted(part, delivery, (*part.pending, *delivery.failed)), len(due)

    def _read(
        self, job: BroadcastJob, part: Part, announcement: Announcement
    ) -> tuple[Part, list[Subscriber]]:
        """A page of subscribers, from as many shards as it takes."""
        due: list[Subscriber] = []
        size = self._pace.page_size(job, self._page_size)
        while len(due) < size and not part.is_read:
            pattern, number = part.shard.pattern, part.shard.number
            page = self._subscriptions.page(
                pattern, number, part.after, size - len(due), self._clock()
            )
            due += [who for who in page.subscribers if who.username not in announcement.excluded]
            part = part.read_to(page.after)
        return part, due

    def _count(self, before: Part, after: Part) -> Counter[str]:
        """What the page adds, for the service's counters."""
        tally = Counter(
            delivered=after.delivered - before.delivered,
            gone=after.gone - before.gone,
            failed=after.failed - before.failed,
        )
        # What is delivered is delivered: a job that fails now would deliver it again.
        with suppress(Unavailable):
            self._counts.add(tally)
        return tally

    def _finish(self, job: BroadcastJob, part: Part, total: Counter[str]) -> Work:
        current = self._jobs.finish(job.id, part.number)
        is_cancelled = current is not None and current.state is JobState.CANCELLED
        return Work(Ending.CANCELLED if is_cancelled else Ending.FINISHED, total)

    def _requeue(
        self, job: BroadcastJob, part: Part, total: Counter[str], delay_seconds: int
    ) -> Work:
        message = PartJob(job.id, part.number)
        self._deliveries.put([message], min(delay_seconds, MAX_DELAY_SECONDS))
        return Work(Ending.REQUEUED, total)

    def _pause(self, ms: int) -> None:
        if ms > 0:
            self._sleep(ms / 1000)


def _ended(ending: Ending) -> Work:
    return Work(ending, Counter())


def _must_retry(part: Part, page_size: int) -> bool:
    """Whether those whom it did not reach come next, and not a new page: once there are many, and
    at the end. Whoever has begun to try them again goes on with it."""
    full = len(part.pending) >= page_size
    return bool(part.pending) and (part.is_read or part.attempt > 0 or full)


def _posted(part: Part, delivery: Delivery, pending: tuple[Subscriber, ...]) -> Part:
    return replace(
        part,
        delivered=part.delivered + delivery.posted,
        gone=part.gone + delivery.gone,
        pending=pending,
    )


def _retried(part: Part, delivery: Delivery) -> Part:
    """Later each time; whom the last attempt does not reach is given up next."""
    part = _posted(part, delivery, delivery.failed)
    return replace(part, attempt=part.attempt + 1 if part.pending else 0)


def _is_given_up(part: Part) -> bool:
    """A step of its own, with a message's whole time: closing whoever hangs takes as long as
    another attempt."""
    return bool(part.pending) and part.attempt >= MAX_ATTEMPTS


def _given_up(part: Part) -> Part:
    return replace(part, failed=part.failed + len(part.pending), pending=(), attempt=0)


def _wait_seconds(part: Part) -> int:
    return 0 if _is_given_up(part) else 2**part.attempt
