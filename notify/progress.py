"""Following a broadcast that the queue does, and stopping it."""

from math import ceil

from msgspec import Struct

from notify.errors import Conflict, Unknown
from notify.model import Principal
from notify.parts import BroadcastJob, JobState
from notify.ports import BroadcastJobs, Clock
from notify.topics import SEGMENT, TopicPolicy


class Progress(Struct, frozen=True):
    """How far a broadcast is. `eta_seconds` is None where nobody can know."""

    job: BroadcastJob
    shards_done: int
    delivered: int
    gone: int
    failed: int
    eta_seconds: int | None


class Following:
    """For whoever may publish to its pattern. To others there is no such broadcast: an id that is
    guessed says nothing."""

    def __init__(self, policy: TopicPolicy, jobs: BroadcastJobs, clock: Clock) -> None:
        self._policy = policy
        self._jobs = jobs
        self._clock = clock

    def progress(self, by: Principal, broadcast_id: str) -> Progress:
        """Raises: Unknown."""
        return self._progress(self._require(by, broadcast_id))

    def cancel(self, by: Principal, broadcast_id: str) -> Progress:
        """Its workers stop at their next page. What is stored in the stream stays.

        Raises: Unknown, Conflict if it is done already.
        """
        job = self._jobs.cancel(self._require(by, broadcast_id).id)
        if job is None:
            raise _unknown(broadcast_id)
        if job.state is JobState.DONE:
            raise Conflict("the broadcast is done already")
        return self._progress(job)

    def _require(self, by: Principal, broadcast_id: str) -> BroadcastJob:
        # What cannot be an id is none, and is not looked up: DynamoDB refuses too long a key.
        job = self._jobs.get(broadcast_id) if SEGMENT.fullmatch(broadcast_id) else None
        if job is None or not self._policy.may_publish(by, job.pattern):
            raise _unknown(broadcast_id)
        return job

    def _progress(self, job: BroadcastJob) -> Progress:
        parts = self._jobs.parts(job.id)
        delivered = sum(part.delivered for part in parts)
        gone = sum(part.gone for part in parts)
        failed = sum(part.failed for part in parts)
        eta = eta_seconds(job, delivered + gone + failed, self._clock())
        shards_done = sum(part.position for part in parts)
        return Progress(job, shards_done, delivered, gone, failed, eta)


def eta_seconds(job: BroadcastJob, reached: int, now: int) -> int | None:
    """At the rate so far, against the estimate. More than that, and nobody knows how many come."""
    if job.state is JobState.DONE:
        return 0
    if job.state is not JobState.RUNNING or job.started_at is None:
        return None
    if not 0 < reached <= job.recipients:
        return None
    elapsed_ms = max(0, now - job.started_at)
    return ceil((job.recipients - reached) * elapsed_ms / reached / 1000)


def _unknown(broadcast_id: str) -> Unknown:
    return Unknown(f"no such broadcast: {broadcast_id[:80]}")
