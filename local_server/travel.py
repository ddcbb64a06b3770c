"""The time of day in a process that runs handlers: as far ahead as the emulator's clock.

`time.time`, `datetime.now` and their kin are moved below Python, also for whoever got hold of them
before. What measures time (`time.monotonic`, `time.perf_counter`, a sleep) stays the machine's.
"""

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from time_machine import Traveller

_machine_ns: Callable[[], int] = time.time_ns


def machine_ns() -> int:
    """Since the epoch, by the machine, whatever this process is made to believe."""
    return _machine_ns()


class Travel:
    """One at a time in a process. Until it first goes ahead, nothing is imported or moved."""

    def __init__(self) -> None:
        self._ahead_ms = 0
        self._travel: Any = None
        self._traveller: Traveller | None = None

    def go_ahead(self, ahead_ms: int) -> None:
        """To so far ahead of the machine, wherever it is now."""
        if ahead_ms == self._ahead_ms:
            return
        if self._traveller is None:
            self._traveller = self._start()
        self._traveller.shift(timedelta(milliseconds=ahead_ms - self._ahead_ms))
        self._ahead_ms = ahead_ms

    def _start(self) -> "Traveller":
        """At the machine's time: in this moment other threads notice nothing."""
        global _machine_ns
        time_machine = _time_machine()
        self._travel = time_machine.travel(timedelta(0))
        traveller = cast("Traveller", self._travel.start())
        # It goes on from where it is asked first.
        time.time_ns()
        _machine_ns = time_machine.escape_hatch.time.time_ns
        return traveller

    def end(self) -> None:
        """It is the machine's own time again. As often as you like."""
        global _machine_ns
        self.go_ahead(0)
        travelling, self._travel, self._traveller = self._travel, None, None
        if travelling is not None:
            _machine_ns = time.time_ns
            travelling.stop()


def _time_machine() -> ModuleType:
    """Without pytest, whose plugin it is: importing that would take ten times its own 15 ms."""
    hides = "pytest" not in sys.modules
    if hides:
        sys.modules["pytest"] = None  # type: ignore[assignment]
    try:
        import time_machine
    finally:
        if hides:
            del sys.modules["pytest"]
    return time_machine
