"""How far queued broadcasts have come."""

from infra.wiring import clock, part
from infra.wiring.broadcast_jobs import broadcast_jobs
from infra.wiring.topics import policy
from notify.progress import Following


@part
def following() -> Following:
    return Following(policy(), broadcast_jobs(), clock)
