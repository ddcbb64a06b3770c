"""Measurements, and what share of them stays below a value."""

import math
from array import array


class Samples:
    """Of one thing, in seconds. All are kept: a million take eight megabytes."""

    def __init__(self) -> None:
        self._values = array("d")
        self._sorted = True

    def __len__(self) -> int:
        return len(self._values)

    def add(self, seconds: float) -> None:
        self._values.append(seconds)
        self._sorted = False

    def percentile(self, percent: float) -> float | None:
        """The smallest sample that so many percent do not exceed; None if there is none."""
        if not self._values:
            return None
        if not self._sorted:
            self._values = array("d", sorted(self._values))
            self._sorted = True
        rank = math.ceil(percent / 100 * len(self._values))
        return self._values[max(rank, 1) - 1]

    def milliseconds(self) -> dict[str, float | None]:
        """What a report says of them."""
        return {
            name: None if (value := self.percentile(percent)) is None else round(value * 1000, 1)
            for name, percent in (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100))
        }
