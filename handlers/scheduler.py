"""Every minute: what was scheduled and is due soon goes to the queue for later."""

from collections.abc import Mapping

from handlers._edge.schedule import RemainingMs, schedule
from infra.wiring.scheduling import due_scan


@schedule
def handler(remaining_ms: RemainingMs) -> Mapping[str, int]:
    return due_scan().run(remaining_ms)
