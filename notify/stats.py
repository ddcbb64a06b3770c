"""True numbers about the service, read from counters: no Scan, however many are connected."""

from collections import Counter

from msgspec import Struct

from notify.model import Principal
from notify.parts import JobState
from notify.ports import BroadcastJobs, Clock, Counts, Subscriptions, Totals
from notify.topics import EVERYBODY

# Up to here the connections of each user are counted one by one: a page or two of keys.
MAX_COUNTED_BY_USER = 1000


class Stats(Struct, frozen=True):
    """`connections_by_user` is empty for who may not see it, and above MAX_COUNTED_BY_USER.
    `running` and `queued` are the broadcasts that the queue does."""

    totals: Totals
    connections_by_user: dict[str, int]
    running: int = 0
    queued: int = 0


def read_stats(
    by: Principal,
    counts: Counts,
    subscriptions: Subscriptions,
    jobs: BroadcastJobs,
    clock: Clock,
) -> Stats:
    """Numbers for everybody who is logged in; names for admins and services only."""
    totals = counts.totals()
    states = Counter(job.state for job in jobs.active())
    names: Counter[str] = Counter()
    if by.has_role("admin", "service") and totals.connections <= MAX_COUNTED_BY_USER:
        names = _connections_by_user(subscriptions, clock())
    return Stats(totals, dict(names), states[JobState.RUNNING], states[JobState.QUEUED])


def _connections_by_user(subscriptions: Subscriptions, now: int) -> Counter[str]:
    names: Counter[str] = Counter()
    for audience in subscriptions.audiences(EVERYBODY):
        for shard in range(audience.shards):
            page = subscriptions.page(audience.pattern, shard, None, MAX_COUNTED_BY_USER + 1, now)
            names.update(subscriber.username for subscriber in page.subscribers)
    return names
