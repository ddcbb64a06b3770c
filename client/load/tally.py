"""What a load has come to: connections, notifications, times, troubles."""

from collections import Counter

from ..errors import Coded, HeliographError, Unreachable
from .samples import Samples


class Tally:
    """Counts as it is told. `clock` readings come from outside."""

    def __init__(self) -> None:
        self.tried = self.connected = self.open = 0
        self.sent = self.received = self.other = 0
        self.connecting, self.delivering = Samples(), Samples()
        self.errors: Counter[str] = Counter()
        # How long notifications were sent, in seconds.
        self.sending = 0.0

    @property
    def failed(self) -> int:
        return sum(self.errors.values())

    def opened(self, seconds: float) -> None:
        self.connected += 1
        self.open += 1
        self.connecting.add(seconds)

    def lost(self, error: HeliographError) -> None:
        self.open -= 1
        self.failure("connection", error)

    def failure(self, where: str, error: HeliographError) -> None:
        """`where`: connecting, connection or send."""
        self.errors[f"{where}: {kind_of(error)}"] += 1

    def arrived(self, seconds: float) -> None:
        self.received += 1
        self.delivering.add(seconds)


def kind_of(error: HeliographError) -> str:
    """The same words for the same trouble, whoever had it."""
    if isinstance(error, Coded):
        return f"{error.code} {error.name}"
    if isinstance(error, Unreachable):
        return f"unreachable ({error.reason})"
    return str(error)
