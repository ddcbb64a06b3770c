"""A broadcast that the queue does: the job, and the parts that it is done in."""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from notify.model import ConnectionId, Pattern, Subscriber, Username

# The number of the message that has the others made.
PLAN = 0


class JobState(StrEnum):
    """What a caller is told of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Shard(Struct, frozen=True):
    """Some of a pattern's subscribers."""

    pattern: Pattern
    number: int


class Announcement(Struct, frozen=True):
    """What is posted, and the users who are not meant."""

    frame: str
    excluded: frozenset[Username] = frozenset()


class BroadcastJob(Struct, frozen=True):
    """One broadcast. Its state follows from what its parts have written down, each for itself, so
    that no step can be lost or made twice.

    `recipients` and, until it is planned, `shards` are estimates; `parts` is None until then.
    `queued`: so many parts have been put into the queue. `failed`: whose message was given up.
    """

    id: str
    by: Username
    pattern: Pattern
    notification_id: str
    created_at: int
    max_rate: int | None
    recipients: int
    shards: int
    parts: int | None = None
    queued: int = 0
    started_at: int | None = None
    finished: frozenset[int] = frozenset()
    failed: frozenset[int] = frozenset()
    cancelled: bool = False

    @property
    def state(self) -> JobState:
        if self.cancelled:
            return JobState.CANCELLED
        if len(self.finished) == self.parts:
            return JobState.DONE
        if self.failed - self.finished:
            return JobState.FAILED
        return JobState.QUEUED if self.started_at is None else JobState.RUNNING

    @property
    def is_active(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.RUNNING)


class Part(Struct, frozen=True):
    """Some shards of a broadcast, one worker's at a time, and how far they are done.

    Numbers start from 1. `position` shards are done, and of the next one all up to `after`.
    `pending` are those whom the frame did not reach, tried again `attempt` times so far.
    """

    number: int
    shards: tuple[Shard, ...]
    is_last: bool
    position: int = 0
    after: ConnectionId | None = None
    pending: tuple[Subscriber, ...] = ()
    attempt: int = 0
    delivered: int = 0
    gone: int = 0
    failed: int = 0
    version: int = 0

    @property
    def is_read(self) -> bool:
        return self.position == len(self.shards)

    @property
    def is_done(self) -> bool:
        return self.is_read and not self.pending

    @property
    def shard(self) -> Shard:
        """The one that is read next."""
        return self.shards[self.position]

    def read_to(self, after: ConnectionId | None) -> "Part":
        """None: to the end of the shard."""
        return replace(self, position=self.position + (after is None), after=after)
