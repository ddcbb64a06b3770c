"""Who is let in."""

from infra.stores.deadlines import DynamoDeadlines
from infra.stores.subscriptions import DynamoSubscriptions
from infra.wiring import clock, part
from infra.wiring.accounts import accounts
from infra.wiring.connections import connections
from infra.wiring.gateway import gateway
from infra.wiring.settings import settings
from infra.wiring.tickets import tickets
from notify.admission import Admission
from notify.deadlines import MINUTE_MS


@part
def admission() -> Admission:
    return Admission(
        accounts=accounts(),
        tickets=tickets(),
        connections=connections(),
        subscriptions=DynamoSubscriptions(),
        gateway=gateway(),
        deadlines=DynamoDeadlines(),
        clock=clock,
        probe_ms=settings().probe_minutes * MINUTE_MS,
        max_connections=settings().max_connections_per_user,
    )
