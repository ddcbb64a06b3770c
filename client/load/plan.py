"""What a load shall be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """`ramp`: seconds in which the connections are opened, evenly. `rate`: notifications a second,
    to `target`, a topic or `user:NAME`. `duration`: seconds from when all have come, None until it
    is stopped."""

    connections: int
    ramp: float
    topics: tuple[str, ...]
    target: str
    rate: float | None = None
    duration: float | None = None

    def start_of(self, index: int) -> float:
        """Seconds from the beginning until that connection is opened."""
        return self.ramp * index / self.connections
