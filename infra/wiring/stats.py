"""Totals of the service."""

from infra.stores.subscriptions import DynamoSubscriptions
from infra.wiring import clock
from infra.wiring.broadcast_jobs import broadcast_jobs
from infra.wiring.counts import counts
from infra.wiring.settings import settings
from notify.model import Principal
from notify.stats import Stats, read_stats


def stats(by: Principal) -> Stats:
    settings()
    return read_stats(by, counts(), DynamoSubscriptions(), broadcast_jobs(), clock)
