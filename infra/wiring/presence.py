"""Who is there."""

from infra.stores.sightings import DynamoSightings
from infra.stores.subscriptions import DynamoSubscriptions
from infra.wiring import clock, new_id, part
from infra.wiring.connections import connections
from infra.wiring.topics import policy, watched
from notify.presence import Presence


@part
def presence() -> Presence:
    return Presence(
        subscriptions=DynamoSubscriptions(),
        connections=connections(),
        sightings=DynamoSightings(new_id),
        policy=policy(),
        watched=watched(),
        clock=clock,
    )
