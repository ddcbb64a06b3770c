"""Broadcasts, in the call or queued."""

from infra.stores.streams import DynamoStreams
from infra.wiring import clock, new_id, part
from infra.wiring.broadcast_jobs import broadcast_jobs
from infra.wiring.composing import composer
from infra.wiring.counts import counts
from infra.wiring.fanout import fanout
from infra.wiring.queues import deliveries
from infra.wiring.settings import settings
from infra.wiring.subscriptions import subscriptions
from notify.broadcasts import Broadcasts


@part
def broadcasts() -> Broadcasts:
    return Broadcasts(
        composer=composer(),
        subscriptions=subscriptions(),
        streams=DynamoStreams(new_id),
        counts=counts(),
        fanout=fanout(),
        jobs=broadcast_jobs(),
        deliveries=deliveries(),
        pace=settings().pace,
        clock=clock,
        max_inline_recipients=settings().inline_recipients,
    )
