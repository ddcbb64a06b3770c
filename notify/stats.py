"""True numbers about the service, read from counters: no Scan, however many are connected."""

from collections import Counter
from dataclasses import dataclass

from notify.model import Principal
from notify.ports import Clock, Counts, Subscriptions, Totals
from notify.topics import EVERYBODY

# Up to here the connections of each user are counted one by one: a page or two of keys.
MAX_COUNTED_BY_USER = 1000


@dataclass(frozen=True, slots=True)
class Stats:
    """`connections_by_user` is empty for who may not see it, and above MAX_COUNTED_BY_USER."""

    totals: Totals
    connections_by_user: dict[str, int]


def read_stats(by: Principal, counts: Counts, subscriptions: Subscriptions, clock: Clock) -> Stats:
    """Numbers for everybody who is logged in; names for admins and services only."""
    totals = counts.totals()
    if not by.has_role("admin", "service") or totals.connections > MAX_COUNTED_BY_USER:
        return Stats(totals, {})
    names: Counter[str] = Counter()
    for audience in subscriptions.audiences(EVERYBODY):
        for shard in range(audience.shards):
            page = subscriptions.page(
                audience.pattern, shard, None, MAX_COUNTED_BY_USER + 1, clock()
            )
            names.update(subscriber.username for subscriber in page.subscribers)
    return Stats(totals, dict(names))
