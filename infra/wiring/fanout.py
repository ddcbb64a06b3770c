"""The fan-out, and what it counts."""

from infra.wiring import clock, part
from infra.wiring.connections import connections
from infra.wiring.gateway import gateway
from infra.wiring.queues import later_queue
from notify.fanout import Fanout


@part
def fanout() -> Fanout:
    return Fanout(gateway(), connections(), later_queue(), clock)
