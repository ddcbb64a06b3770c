"""Broadcasts whose message is missing: the call that queued them died before it had put it."""

from notify.deadlines import MINUTE_MS
from notify.jobs import PartJob
from notify.parts import PLAN, BroadcastJob
from notify.ports import BroadcastJobs, Deliveries

# Longer than a worker has a message for itself (infra/queues.yml); asked again as often.
PATIENCE_MINUTES = 15


class Replanning:
    """Puts it again. Whether it is missing cannot be known; planning twice does no harm."""

    def __init__(self, jobs: BroadcastJobs, deliveries: Deliveries) -> None:
        self._jobs = jobs
        self._deliveries = deliveries

    def put_again(self, minute: int) -> int:
        """How many were put. `minute`: since the epoch; each is to be asked for once.

        Raises: Unavailable.
        """
        overdue = [job for job in self._jobs.active() if _is_overdue(job, minute)]
        if overdue:
            self._deliveries.put(PartJob(job.id, PLAN) for job in overdue)
        return len(overdue)


def _is_overdue(job: BroadcastJob, minute: int) -> bool:
    age = minute - job.created_at // MINUTE_MS
    return job.queued != job.parts and age > 0 and age % PATIENCE_MINUTES == 0
