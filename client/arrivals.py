"""What arrives, over one connection after another: each notification once, and none left behind."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from .backoff import Backoff
from .connection import Connection
from .errors import HeliographError, NoAnswer, RequestRefused
from .frames import Answer, Notification, Replayed, Subscribed, Unsubscribed, Welcome
from .gaps import Gap, Position
from .positions import Positions
from .recent import RecentIds

# Two posts at the same time may overtake each other: what is missing for so long is lost.
PATIENCE = 0.5


class Arrivals:
    """Hears the connection, and hands over what is new and has nothing of its stream before it."""

    def __init__(
        self,
        deliver: Callable[[Notification], None],
        on_gap: Callable[[Gap], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        positions: Mapping[str, Position] = MappingProxyType({}),
        random: Callable[[], float] = random.random,
    ) -> None:
        self._deliver = deliver
        self._sleep = sleep
        self._random = random
        self._positions = Positions(on_gap, positions)
        self._recent = RecentIds()
        self._behind = asyncio.Event()
        self._stuck = asyncio.Event()
        # Of each stream that was asked for in vain.
        self._backoffs: dict[str, Backoff] = {}
        self._later: dict[str, asyncio.Task[None]] = {}

    @property
    def settled(self) -> bool:
        """Whether nothing is being replayed."""
        return self._positions.settled

    @property
    def positions(self) -> dict[str, Position]:
        return self._positions.reached

    def resume(self) -> dict[str, Position]:
        """What to give back in the hello of a new connection."""
        self._behind.clear()
        self._stuck.clear()
        return self._positions.resume()

    def abandon(self) -> None:
        """There is no new connection; the present one goes on."""
        self._release(self._positions.abandoned())
        self._look_behind()

    def arrive(self, notification: Notification) -> None:
        self._release(self._positions.arrived(notification))
        self._look_behind()

    def hear(self, answer: Answer) -> None:
        match answer:
            case Welcome():
                self._release(self._positions.welcomed(answer))
            case Subscribed():
                self._release(self._positions.subscribed(answer))
            case Unsubscribed():
                self._positions.unsubscribed(answer)
            case Replayed():
                self._release(self._positions.replayed(answer))
        self._look_behind()

    @asynccontextmanager
    async def caught_up(self, connection: Connection) -> AsyncIterator[asyncio.Task[None]]:
        """Asks for what did not fit into an answer, and for what was lost on the way.

        The task ends if a callback fails, and by nothing else.
        """
        self._look_behind()  # The connection before may have been asked, and is gone.
        tasks = [
            asyncio.create_task(self._catch_up(connection)),
            asyncio.create_task(self._watch_what_is_stuck()),
        ]
        try:
            yield tasks[0]
        finally:
            tasks += self._later.values()
            self._later.clear()
            self._backoffs.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch_what_is_stuck(self) -> None:
        while True:
            await self._stuck.wait()
            await self._sleep(PATIENCE)
            self._stuck.clear()
            self._positions.chase()
            self._look_behind()

    async def _catch_up(self, connection: Connection) -> None:
        while True:
            await self._behind.wait()
            self._behind.clear()
            for stream, position in self._positions.behind().items():
                await self._replay(connection, stream, position)

    async def _replay(self, connection: Connection, stream: str, position: Position) -> None:
        try:
            await connection.replay(stream, position)
            self._served(stream, position)
        except RequestRefused as error:
            self._release(self._positions.refused(stream, error))
            if error.temporary:
                self._ask_later(stream, (error.retry_after_ms or 0) / 1000)
        except NoAnswer:
            self._release(self._positions.given_up(stream))
            self._ask_later(stream)
        except HeliographError:
            return  # The connection has ended; the next one resumes.
        self._look_behind()

    def _served(self, stream: str, position: Position) -> None:
        if self._positions.stands(stream, position):
            # What is being stored at the moment comes live: to ask at once would be a storm.
            self._release(self._positions.given_up(stream))
            self._ask_later(stream)
        else:
            self._backoffs.pop(stream, None)

    def _ask_later(self, stream: str, at_least: float = 0.0) -> None:
        """One bad moment shall not cost what is left. Meanwhile others may be asked for."""
        backoff = self._backoffs.setdefault(stream, Backoff(self._random))
        delay = max(backoff.next_delay(), at_least)
        if earlier := self._later.pop(stream, None):
            earlier.cancel()
        self._later[stream] = asyncio.create_task(self._ask_again(stream, delay))

    async def _ask_again(self, stream: str, delay: float) -> None:
        await self._sleep(delay)
        self._positions.ask_again(stream)
        self._look_behind()

    def _look_behind(self) -> None:
        if self._positions.is_stuck:
            self._stuck.set()
        if self._positions.behind():
            self._behind.set()

    def _release(self, notifications: list[Notification]) -> None:
        for notification in notifications:
            if self._recent.add(notification.id):
                self._deliver(notification)
