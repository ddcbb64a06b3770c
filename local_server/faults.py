"""What goes wrong on purpose: which fault strikes which call, the same way with the same seed."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec


class FaultKind(StrEnum):
    """The values are what the API, the command line and tests write."""

    POST_GONE = "post-gone"  # 410 of @connections, though the connection is there
    POST_THROTTLED = "post-throttled"  # 429
    POST_FAILED = "post-failed"  # 500
    POST_DELAYED = "post-delayed"  # answers `delay_ms` later
    POST_MISREPORTED = "post-misreported"  # 410, and yet the client gets it
    POST_LOST = "post-lost"  # 200, and nothing reaches the client: a peer that has vanished
    DISCONNECT_LOST = "disconnect-lost"  # $disconnect is never invoked
    COLD_START = "cold-start"  # a new sandbox, whatever is warm
    WORKER_KILLED = "worker-killed"  # the sandbox dies `delay_ms` after it got the event
    FUNCTION_THROTTLED = "function-throttled"  # Lambda has no room: 429 of the invocation
    FUNCTION_FORBIDDEN = "function-forbidden"  # the gateway lacks lambda:InvokeFunction
    CONNECTION_FAILED = "connection-failed"  # the gateway closes with 1011 at the next message


# No function and no route is known where these strike: a call of @connections names none.
_OF_CONNECTIONS = frozenset(
    {
        FaultKind.POST_GONE,
        FaultKind.POST_THROTTLED,
        FaultKind.POST_FAILED,
        FaultKind.POST_DELAYED,
        FaultKind.POST_MISREPORTED,
        FaultKind.POST_LOST,
        FaultKind.DISCONNECT_LOST,
        FaultKind.CONNECTION_FAILED,
    }
)


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`probability` is of each matching call; `times` ends it after so many strikes."""

    kind: FaultKind
    connection: str | None = None
    route: str | None = None
    function: str | None = None
    probability: float = 1.0
    times: int | None = None
    delay_ms: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"a probability lies between 0 and 1: {self.probability}")
        if self.times is not None and self.times < 1:
            raise ValueError(f"a fault strikes at least once: times {self.times}")
        if not 0 <= self.delay_ms <= 15 * 60 * 1000:
            raise ValueError(f"delay_ms lies between 0 and 15 minutes: {self.delay_ms}")
        if self.kind in _OF_CONNECTIONS and (self.route or self.function):
            raise ValueError(f"{self.kind} is narrowed to a connection, not to a route or function")


@dataclass(frozen=True)
class Call:
    """What is about to happen. A fault strikes it if every scope it names is the call's."""

    connection: str | None = None
    route: str | None = None
    function: str | None = None

    def within(self, fault: Fault) -> bool:
        return all(
            wanted is None or wanted == given
            for wanted, given in (
                (fault.connection, self.connection),
                (fault.route, self.route),
                (fault.function, self.function),
            )
        )


class Faults:
    """The faults in force, numbered from 1 as they come."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._faults: dict[int, Fault] = {}
        self._next = 1
        self._strikes: Counter[int] = Counter()
        self._dice: dict[int, random.Random] = {}
        # Told of each strike: the fault's number, the fault, the call.
        self.listeners: list[Callable[[int, Fault, Call], None]] = []

    def add(self, fault: Fault) -> int:
        number, self._next = self._next, self._next + 1
        self._faults[number] = fault
        # A die for each: another fault's calls do not change what this one does.
        self._dice[number] = random.Random(f"{self.seed}:{number}")  # noqa: S311 - no secret
        return number

    def remove(self, number: int) -> bool:
        """Whether there was such a fault."""
        return self._faults.pop(number, None) is not None

    def clear(self) -> None:
        """Numbers start anew, and with them the dice: the same faults strike the same way again."""
        self._faults.clear()
        self._strikes.clear()
        self._next = 1

    def in_force(self) -> dict[int, Fault]:
        return dict(self._faults)

    def strikes(self, number: int) -> int:
        """How often it has struck so far."""
        return self._strikes[number]

    def strike(self, kind: FaultKind, call: Call) -> Fault | None:
        """The first fault of this kind that strikes the call. Throws that fault's die."""
        # Nearly always there is none, and every post asks.
        if not self._faults:
            return None
        for number, fault in list(self._faults.items()):
            if fault.kind is kind and call.within(fault) and self._hits(number, fault):
                self._count(number, fault)
                for listener in self.listeners:
                    listener(number, fault, call)
                return fault
        return None

    def _hits(self, number: int, fault: Fault) -> bool:
        return self._dice[number].random() < fault.probability

    def _count(self, number: int, fault: Fault) -> None:
        self._strikes[number] += 1
        if self._strikes[number] == fault.times:
            del self._faults[number]
