"""How long to wait before the next try: exponential, with full jitter."""

from collections.abc import Callable

FIRST_CEILING = 1.0
LAST_CEILING = 60.0


class Backoff:
    """Delays in seconds, each drawn evenly between 0 and a ceiling that doubles from 1 to 60.

    `last_ceiling` lowers the 60.

    Full jitter spreads a crowd that lost its connections in one moment; see "Exponential Backoff
    And Jitter" on the AWS Architecture Blog. `random` draws from [0, 1).
    """

    def __init__(self, random: Callable[[], float], last_ceiling: float = LAST_CEILING) -> None:
        self._random = random
        self._last_ceiling = last_ceiling
        self._ceiling = FIRST_CEILING

    def next_delay(self) -> float:
        delay = self._random() * self._ceiling
        self._ceiling = min(self._last_ceiling, self._ceiling * 2)
        return delay

    def reset(self) -> None:
        self._ceiling = FIRST_CEILING
