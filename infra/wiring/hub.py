"""Who comes and goes."""

from infra.stores.limits import DynamoLimits
from infra.wiring import clock, part
from infra.wiring.admission import admission
from infra.wiring.connections import connections
from infra.wiring.gateway import gateway
from notify.hub import Hub


@part
def hub() -> Hub:
    return Hub(admission(), connections(), gateway(), DynamoLimits(), clock)
