"""The worker of queued broadcasts."""

import time

from infra.wiring import clock, part
from infra.wiring.broadcast_jobs import broadcast_jobs
from infra.wiring.counts import counts
from infra.wiring.fanout import fanout
from infra.wiring.queues import deliveries
from infra.wiring.settings import settings
from infra.wiring.subscriptions import subscriptions
from notify.deliveries import Deliverer


@part
def deliverer() -> Deliverer:
    return Deliverer(
        subscriptions=subscriptions(),
        counts=counts(),
        fanout=fanout(),
        jobs=broadcast_jobs(),
        deliveries=deliveries(),
        pace=settings().pace,
        clock=clock,
        sleep=time.sleep,
    )
