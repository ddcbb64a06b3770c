"""Every minute: connections that are dead or whose token ends, and counts that are off."""

from collections.abc import Mapping

from handlers._edge.schedule import RemainingMs, schedule
from infra.wiring.sweep import sweep


@schedule
def handler(remaining_ms: RemainingMs) -> Mapping[str, int]:
    return sweep().run(remaining_ms)
