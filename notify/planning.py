"""The parts of a broadcast: made once, whoever makes them and however often they are cut off."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from notify.jobs import PartJob
from notify.parts import BroadcastJob, Part, Shard
from notify.ports import Audience, BroadcastJobs, Deliveries, Subscriptions

# Members of a part, as far as they are counted; a shard that is larger is a part by itself.
PART_SIZE = 5000
MAX_SHARDS_A_PART = 100
MESSAGES_AT_ONCE = 100
# What one step may take: a write, or a hundred messages.
STEP_MS = 10_000


class Planner:
    """Shares the shards of a broadcast among parts and puts a message for each into the queue.

    A part's number is taken by writing the part under it, if nobody has: whoever writes number n
    has read all below it. So planners that run at once, or one after another has died, leave no
    shard out and none in two parts, though each may have found other topics. The part that is
    marked as the last ends it for all of them.
    """

    def __init__(
        self, subscriptions: Subscriptions, jobs: BroadcastJobs, deliveries: Deliveries
    ) -> None:
        self._subscriptions = subscriptions
        self._jobs = jobs
        self._deliveries = deliveries

    def plan(self, job: BroadcastJob, remaining_ms: Callable[[], int]) -> bool:
        """Goes on where it was left. Whether everything is in the queue; False if time is out."""
        parts = self._jobs.parts(job.id)
        while not (parts and parts[-1].is_last):
            for part in self._missing(job, parts):
                if remaining_ms() < STEP_MS:
                    return False
                if not self._jobs.add_part(job, part):
                    break  # another planner was faster
            parts = self._jobs.parts(job.id)
        self._jobs.planned(job.id, len(parts), sum(len(part.shards) for part in parts))
        return self._put(job, len(parts), remaining_ms)

    def _missing(self, job: BroadcastJob, parts: Sequence[Part]) -> Iterator[Part]:
        audiences = self._subscriptions.audiences(job.pattern)
        planned = {shard for part in parts for shard in part.shards}
        shards = [shard for shard in shards_of(audiences) if shard not in planned]
        packed = pack(shards, self._subscriptions.sizes(audiences)) or [()]
        for number, each in enumerate(packed, len(parts) + 1):
            yield Part(number, each, is_last=number == len(parts) + len(packed))

    def _put(self, job: BroadcastJob, parts: int, remaining_ms: Callable[[], int]) -> bool:
        for start in range(job.queued, parts, MESSAGES_AT_ONCE):
            if remaining_ms() < STEP_MS:
                return False
            end = min(start + MESSAGES_AT_ONCE, parts)
            self._deliveries.put(PartJob(job.id, number) for number in range(start + 1, end + 1))
            self._jobs.queued(job.id, end)
        return True


def shards_of(audiences: Sequence[Audience]) -> list[Shard]:
    return [
        Shard(audience.pattern, number)
        for audience in audiences
        for number in range(audience.shards)
    ]


def pack(shards: Sequence[Shard], sizes: Mapping[Shard, int]) -> list[tuple[Shard, ...]]:
    """Small ones together. A count that is wrong makes a part longer or shorter; a shard that is
    counted as empty is in a part like any other, and is read."""
    packed: list[tuple[Shard, ...]] = []
    part: list[Shard] = []
    members = 0
    for shard in shards:
        size = max(0, sizes.get(shard, 0))
        if part and (len(part) == MAX_SHARDS_A_PART or members + size > PART_SIZE):
            packed.append(tuple(part))
            part, members = [], 0
        part.append(shard)
        members += size
    return [*packed, tuple(part)] if part else packed
