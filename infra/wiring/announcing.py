"""Who has been told of whom."""

from infra.stores.sightings import DynamoSightings
from infra.stores.subscriptions import DynamoSubscriptions
from infra.wiring import clock, new_id, part
from infra.wiring.connections import connections
from infra.wiring.fanout import fanout
from infra.wiring.queues import later_queue
from notify.announcing import Announcing


@part
def announcing() -> Announcing:
    return Announcing(
        sightings=DynamoSightings(new_id),
        subscriptions=DynamoSubscriptions(),
        connections=connections(),
        fanout=fanout(),
        later=later_queue(),
        clock=clock,
    )
