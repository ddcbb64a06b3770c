"""What every part of one emulator has in common."""

from dataclasses import dataclass, field

from local_server.assumptions import Assumptions
from local_server.clock import Clock
from local_server.faults import Faults
from local_server.ids import RandomBytes
from local_server.journal import Journal, closed_journal
from local_server.tasks import Tasks
from local_server.throttling import Limits, Throttle


@dataclass(frozen=True)
class Shared:
    """Nobody looks at a journal that is closed."""

    clock: Clock
    random_bytes: RandomBytes
    tasks: Tasks
    faults: Faults = field(default_factory=Faults)
    throttle: Throttle = field(default_factory=lambda: Throttle(Limits()))
    assumptions: Assumptions = field(default_factory=Assumptions)
    journal: Journal = field(default_factory=closed_journal)
