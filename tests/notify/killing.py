"""Workers that are killed, at any operation, and a queue that hands their messages out again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from notify.deliveries import MAX_RECEIVES, RESERVE_MS
from notify.jobs import PartJob
from notify.model import ConnectionId
from notify.ports import Outcome
from tests.fakes import FakeGateway
from tests.notify.conftest import World

Port = TypeVar("Port")


class Killed(BaseException):
    """A function that stops in the middle: nothing of it runs any more."""


class Killer:
    """Lets a worker make so many operations, of whatever port; without a number, all."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.made = 0

    def strike(self) -> None:
        if self.left == 0:
            raise Killed
        if self.left is not None:
            self.left -= 1
        self.made += 1

    def at(self, port: Port) -> Port:
        """The port, each of whose operations may be the last."""
        return cast(Port, _Deadly(port, self.strike))


class _Deadly:
    def __init__(self, port: Any, strike: Callable[[], None]) -> None:
        self._port = port
        self._strike = strike

    def __getattr__(self, name: str) -> Any:
        there = getattr(self._port, name)
        if not callable(there):
            return there

        def operation(*args: Any, **kwargs: Any) -> Any:
            self._strike()
            return there(*args, **kwargs)

        return operation


class DeadlyGateway(FakeGateway):
    """Whose every post may be the last."""

    def __init__(self, strike: Callable[[], object]) -> None:
        super().__init__()
        self._strike = strike

    def post_each(
        self, frames: Mapping[ConnectionId, bytes]
    ) -> Iterator[tuple[ConnectionId, Outcome]]:
        for connection_id, frame in frames.items():
            self._strike()
            yield connection_id, self.post(connection_id, frame)
        self._strike()


@dataclass
class Queue:
    """SQS as it treats a function: a message is gone once it is done, and else comes again, at
    last as a dead letter. `world` is whose messages they are."""

    world: World
    killer: Killer = field(default_factory=Killer)
    dead: list[PartJob] = field(default_factory=list)
    deaths: int = 0

    def __post_init__(self) -> None:
        world = self.world
        self.puts = world.deliveries
        gateway = DeadlyGateway(self.killer.strike)
        gateway.open = world.gateway.open
        world.gateway = gateway
        world.jobs = self.killer.at(world.jobs)
        world.counts = self.killer.at(world.counts)
        world.subscriptions = self.killer.at(world.subscriptions)
        world.connections = self.killer.at(world.connections)
        world.deliveries = self.killer.at(world.deliveries)

    def work_off(self, operations: Callable[[], int | None]) -> None:
        """Every message, until it is done or dead; each try may make so many operations."""
        while self.puts.waiting:
            message, delay = self.puts.waiting.pop(0)
            self.world.clock.advance(delay * 1000)
            if not any(self._try(message, count, operations()) for count in RECEIVES):
                self.dead.append(message)

    def redrive(self) -> None:
        self.puts.waiting += [(message, 0) for message in self.dead]
        self.dead.clear()

    def _try(self, message: PartJob, receive_count: int, operations: int | None) -> bool:
        self.killer.left = operations
        try:
            work = self.world.deliverer.run(message, lambda: 2 * RESERVE_MS, receive_count)
        except Killed:
            self.deaths += 1
            return False
        finally:
            self.killer.left = None
        return work is not None


RECEIVES = range(1, MAX_RECEIVES + 1)
