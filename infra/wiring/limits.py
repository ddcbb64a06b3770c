"""How often somebody may do something."""

from infra.stores.limits import DynamoLimits
from infra.wiring import clock, part
from infra.wiring.settings import settings
from notify.limits import RateLimits


@part
def limits() -> RateLimits:
    env = settings()
    return RateLimits(DynamoLimits(), clock, env.writes_per_minute, env.reads_per_minute)
