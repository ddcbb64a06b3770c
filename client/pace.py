"""How often to ping: as seldom as the server asks, and oftener where lines die of silence."""

SHORTEST = 30.0
# So many pings in a row have to be answered before more silence is tried.
TRUST = 10


class Pace:
    """Seconds of silence before a ping; it outlives connections, for the line is the same.

    API Gateway bears nine minutes, and each ping is paid for. But a firewall or a mobile network
    on the way may forget a quiet connection long before; where one was found dead, half the silence
    is tried, and half as much again once that has held for a while.
    """

    def __init__(self, longest: float) -> None:
        self._longest = self._interval = longest
        self._answered = 0

    @property
    def interval(self) -> float:
        return self._interval

    def limit(self, longest: float) -> None:
        """What the server asks for, which may differ from the last time."""
        trusted = self._interval == self._longest
        self._longest = longest
        self._interval = longest if trusted else min(self._interval, longest)

    def held(self) -> None:
        """A ping after that silence was answered."""
        self._answered += 1
        if self._answered == TRUST:
            self._answered = 0
            self._interval = min(self._longest, self._interval * 1.5)

    def fell_silent(self) -> None:
        """A ping after that silence was not."""
        self._answered = 0
        self._interval = max(min(SHORTEST, self._longest), self._interval / 2)
