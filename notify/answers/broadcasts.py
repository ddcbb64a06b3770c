"""How far a queued broadcast has come."""

from msgspec import Struct

from notify.model import timestamp
from notify.parts import JobState
from notify.progress import Progress


class ShardsDone(Struct, frozen=True):
    """How many of its shards a broadcast has done."""

    total: int
    done: int


class ProgressAnswer(Struct, frozen=True):
    """How far a broadcast is that the queue does."""

    broadcast_id: str
    state: JobState
    pattern: str
    notification_id: str
    shards: ShardsDone
    delivered: int
    gone: int
    failed: int
    eta_seconds: int | None
    created_at: str


def progress_answer(progress: Progress) -> ProgressAnswer:
    job = progress.job
    return ProgressAnswer(
        broadcast_id=job.id,
        state=job.state,
        pattern=job.pattern,
        notification_id=job.notification_id,
        shards=ShardsDone(job.shards, progress.shards_done),
        delivered=progress.delivered,
        gone=progress.gone,
        failed=progress.failed,
        eta_seconds=progress.eta_seconds,
        created_at=timestamp(job.created_at),
    )
