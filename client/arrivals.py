"""What arrives, over one connection after another: each notification once, and none left behind."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from client.connection import Connection
from client.errors import HeliographError, NoAnswer, RequestRefused
from client.frames import Answer, Notification, Replayed, Subscribed, Unsubscribed, Welcome
from client.gaps import Gap, Position
from client.positions import Positions
from client.recent import RecentIds


class Arrivals:
    """Hears the connection, and hands over what is new and has nothing of its stream before it."""

    def __init__(
        self, deliver: Callable[[Notification], None], on_gap: Callable[[Gap], None]
    ) -> None:
        self._deliver = deliver
        self._positions = Positions(on_gap)
        self._recent = RecentIds()
        self._behind = asyncio.Event()

    def resume(self) -> dict[str, Position]:
        """What to give back in the hello of a new connection."""
        self._behind.clear()
        return self._positions.resume()

    def arrive(self, notification: Notification) -> None:
        self._release(self._positions.arrived(notification))
        if notification.replay:
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
    async def caught_up(self, connection: Connection) -> AsyncIterator[None]:
        """Asks for what did not fit into an answer, as long as there is any."""
        task = asyncio.create_task(self._catch_up(connection))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _catch_up(self, connection: Connection) -> None:
        while True:
            await self._behind.wait()
            self._behind.clear()
            for stream, position in self._positions.behind().items():
                await self._replay(connection, stream, position)

    async def _replay(self, connection: Connection, stream: str, position: Position) -> None:
        try:
            await connection.replay(stream, position)
        except RequestRefused as error:
            self._release(self._positions.refused(stream, error))
        except NoAnswer:
            self._release(self._positions.given_up(stream))
        except HeliographError:
            return  # The connection has ended; the next one resumes.
        self._look_behind()

    def _look_behind(self) -> None:
        if self._positions.behind():
            self._behind.set()

    def _release(self, notifications: list[Notification]) -> None:
        for notification in notifications:
            if self._recent.add(notification.id):
                self._deliver(notification)
