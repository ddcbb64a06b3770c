"""The queue's side of a broadcast: page after page of a shard."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from notify.errors import Unavailable
from notify.fanout import Fanout
from notify.jobs import ShardJob
from notify.model import Subscriber
from notify.ports import PAGE_SIZE, Clock, Counts, Deliveries, Subscriptions

# More than a page takes at its worst, when every peer in it hangs until its post times out.
RESERVE_MS = 60_000


class Deliverer:
    """Works off the queue of deliveries."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        counts: Counts,
        fanout: Fanout,
        deliveries: Deliveries,
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._counts = counts
        self._fanout = fanout
        self._deliveries = deliveries
        self._clock = clock

    def run(self, job: ShardJob, remaining_ms: Callable[[], int]) -> Counter[str]:
        """Does the job, or as much of it as leaves RESERVE_MS; the rest goes back to the queue.
        Returns how many posts were delivered, gone and failed.

        SQS may hand out a job twice. A notification that comes twice is dropped by the client; one
        that never comes is a defect, so nothing here tries to be clever about that.
        """
        frame, excluded = job.frame.encode(), set(job.exclude_user_ids)
        total, after = Counter[str](), job.after
        while True:
            page = self._subscriptions.page(job.pattern, job.shard, after, PAGE_SIZE, self._clock())
            due = [who for who in page.subscribers if who.username not in excluded]
            total.update(self._deliver(frame, due))
            after = page.after
            if after is None:
                return total
            if remaining_ms() < RESERVE_MS:
                self._deliveries.put([replace(job, after=after)])
                return total

    def _deliver(self, frame: bytes, due: list[Subscriber]) -> Counter[str]:
        delivery = self._fanout.deliver(frame, due)
        self._fanout.retry(delivery, frame)
        # What is delivered is delivered: a job that fails now would deliver it again.
        with suppress(Unavailable):
            self._counts.add(delivery.tally())
        return Counter(delivery.tally())
