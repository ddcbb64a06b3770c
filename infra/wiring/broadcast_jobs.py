"""Queued broadcasts."""

from infra.stores.broadcasts import DynamoBroadcastJobs
from infra.wiring import clock, new_id, part
from infra.wiring.settings import settings


@part
def broadcast_jobs() -> DynamoBroadcastJobs:
    settings()
    return DynamoBroadcastJobs(clock, new_id)
