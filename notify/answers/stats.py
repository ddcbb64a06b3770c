"""True numbers about the service."""

from msgspec import Struct

from notify.model import timestamp
from notify.stats import Stats


class ActiveBroadcasts(Struct, frozen=True):
    """How many broadcasts the queue is at, and how many wait there."""

    running: int
    queued: int


class PubsubStats(Struct, frozen=True):
    """The numbers as the first clients know them."""

    active_subscribers: int
    total_connections: int
    subscribers_by_user: dict[str, int]
    redis_available: bool = False  # There is none: DynamoDB and SQS do its work.


class StatsAnswer(Struct, frozen=True):
    """True numbers about the service."""

    websocket_connections: int
    user_connections: int
    topics: int
    pubsub_stats: PubsubStats
    counters: dict[str, int]
    broadcasts: ActiveBroadcasts
    timestamp: str


def stats_answer(stats: Stats, now: int) -> StatsAnswer:
    totals = stats.totals
    return StatsAnswer(
        websocket_connections=totals.connections,
        user_connections=totals.users,
        topics=totals.topics,
        pubsub_stats=PubsubStats(totals.users, totals.connections, stats.connections_by_user),
        counters=dict(totals.counters),
        broadcasts=ActiveBroadcasts(stats.running, stats.queued),
        timestamp=timestamp(now),
    )
