"""The sweep."""

from infra.stores.deadlines import DynamoDeadlines
from infra.stores.recounts import DynamoRecounts
from infra.stores.users import DynamoUsers
from infra.wiring import clock, part
from infra.wiring.broadcast_jobs import broadcast_jobs
from infra.wiring.connections import connections
from infra.wiring.fanout import fanout
from infra.wiring.gateway import gateway
from infra.wiring.queues import deliveries
from infra.wiring.settings import settings
from notify.deadlines import MINUTE_MS
from notify.replanning import Replanning
from notify.sweep import Sweep
from notify.visits import Visits


@part
def sweep() -> Sweep:
    visits = Visits(
        connections(), DynamoUsers(), gateway(), fanout(), settings().probe_minutes * MINUTE_MS
    )
    replanning = Replanning(broadcast_jobs(), deliveries())
    return Sweep(DynamoDeadlines(), connections(), DynamoRecounts(), visits, replanning, clock)
