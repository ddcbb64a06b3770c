"""One connection after another, so that there is always one, if it can be had."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from .arrivals import Arrivals
from .backoff import Backoff
from .connection import Connection, Socket, Surroundings
from .errors import ConnectionLost, HeliographError, Overflow, Refused, RequestRefused
from .frames import Welcome
from .pace import Pace
from .recovery import Recovery
from .renewal import Renewal
from .states import Change, State
from .tokens import TokenSource

T = TypeVar("T")
# API Gateway ends each connection after two hours. Minutes before, a new one takes over; not the
# same minutes for all, lest a crowd that came together does so for ever.
LONGEST_MARGIN = 300.0
# Whoever asks while there is no connection waits for it; so many, and no more.
MAX_WAITING = 100


@dataclass(frozen=True, slots=True)
class Means:
    """How a line comes to its connections."""

    open_socket: Callable[[str], Awaitable[Socket]]
    tokens: TokenSource
    around: Surroundings
    random: Callable[[], float]
    max_waiting: int = MAX_WAITING


class Line:
    """Opens a connection whenever there is none, and before the present one grows too old.

    `topics` is read at each hello, and may be changed in between.
    """

    def __init__(
        self,
        means: Means,
        topics: Iterable[str],
        arrivals: Arrivals,
        recovery: Recovery,
        on_change: Callable[[Change], None],
    ) -> None:
        self.welcome: Welcome | None = None
        self._means, self._around = means, means.around
        self._topics = topics
        self._arrivals = arrivals
        self._recovery = recovery
        self._on_change = on_change
        self._renewal = Renewal(
            means.tokens, self._new_backoff, self._around.sleep, self._around.on_error
        )
        self._pace: Pace | None = None
        self._waiting = 0
        self._up: set[Connection] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self._present: asyncio.Future[Connection]

    def begin(self) -> asyncio.Task[None]:
        """A task that ends, with an error, once another try would be pointless."""
        self._present = asyncio.Future()
        return asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Connect again and again. Raises: what makes another try pointless."""
        self._on_change(Change(State.CONNECTING))
        ask_token = self._means.tokens.current
        while True:
            error, lived = await self._live(ask_token)
            delay = self._recovery.delay_after(error, lived)
            self._on_change(Change(State.RECOVERING, error, delay))
            await self._around.sleep(delay)
            ask_token = self._means.tokens.renew

    def end(self, error: BaseException) -> None:
        """No connection will come any more: tell all who wait for one, or ask later."""
        if self._present.done():
            self._present = asyncio.Future()
        self._present.set_exception(error)
        self._present.exception()  # Nobody may be waiting, and asyncio would complain.

    async def ask(self, question: Callable[[Connection], Awaitable[T]]) -> T:
        """Ask the present connection; should it end or be replaced meanwhile, the next one.

        Raises: Overflow, Closed, and what the answer is.
        """
        while True:
            connection = await self.connected()
            with suppress(ConnectionLost, Refused):
                answer = await question(connection)
                # What a connection was told that has been replaced, its successor may not know.
                if not self._is_replaced(connection):
                    return answer
            await asyncio.sleep(0)

    def _is_replaced(self, connection: Connection) -> bool:
        there_is_one = self._present.done() and self._present.exception() is None
        return there_is_one and self._present.result() is not connection

    async def connected(self) -> Connection:
        """Waits for the connection if there is none. Raises: Overflow, or why there will be none"""
        if self._present.done():
            return self._present.result()
        if self._waiting >= self._means.max_waiting:
            raise Overflow(f"{self._waiting} requests wait for a connection already")
        self._waiting += 1
        try:
            return await asyncio.shield(self._present)
        finally:
            self._waiting -= 1

    async def _live(
        self, ask_token: Callable[[], Awaitable[str]]
    ) -> tuple[HeliographError, float | None]:
        """From a handshake until there is no connection: why, and how long there was one."""
        try:
            connection = await self._open(ask_token)
        except HeliographError as error:
            return error, None
        since = self._around.clock()
        self._on_change(Change(State.CONNECTED))
        try:
            while isinstance(ending := await self._hold(connection), Connection):
                self._leave(connection)
                connection = ending
        finally:
            await asyncio.gather(*self._leaving, *(each.close() for each in self._up))
            self._up.clear()
        return ending, self._around.clock() - since

    def _leave(self, connection: Connection) -> None:
        """Meanwhile its successor is heard."""
        self._up.discard(connection)
        leaving = asyncio.create_task(connection.close())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _hold(self, connection: Connection) -> HeliographError | Connection:
        """Why the connection has ended, or its successor."""
        tasks: list[asyncio.Task[HeliographError | Connection]] = [
            asyncio.create_task(self._until_end(connection)),
            asyncio.create_task(self._successor()),
            asyncio.create_task(self._renewed(connection)),
        ]
        try:
            async with self._arrivals.caught_up(connection) as catching_up:
                await asyncio.wait([*tasks, catching_up], return_when=asyncio.FIRST_COMPLETED)
                if catching_up.done():
                    catching_up.result()
            # A successor that came in the moment when its predecessor went counts.
            return next(task for task in reversed(tasks) if task.done()).result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_end(self, connection: Connection) -> HeliographError:
        error = await connection.until_end(self._paced())
        if self._present.done() and self._present.result() is connection:
            self._present = asyncio.Future()
        return error

    def _paced(self) -> Pace | None:
        interval = self.welcome.ping_interval if self.welcome else None
        if interval is None:
            return None
        self._pace = self._pace or Pace(interval)
        self._pace.limit(interval)
        return self._pace

    async def _successor(self) -> Connection:
        """The one that takes over before the present one grows too old."""
        max_age = self.welcome.max_age if self.welcome else None
        if max_age is None:
            return await asyncio.Future()
        margin = min(LONGEST_MARGIN, max_age / 10)
        await self._around.sleep(max_age - margin * (0.5 + self._means.random() / 2))
        while True:
            # Replays of two connections at once could not be told apart.
            if self._arrivals.settled:
                with suppress(HeliographError):
                    return await self._open(self._means.tokens.renew)
            await self._around.sleep(margin / 4)

    async def _renewed(self, connection: Connection) -> HeliographError:
        if self._means.tokens.renewable:
            await self._renewal.keep(connection)
        return await asyncio.Future()

    async def _open(self, ask_token: Callable[[], Awaitable[str]]) -> Connection:
        """A connection that was welcomed; from then on it is the present one."""
        connection = Connection(await self._means.open_socket(await ask_token()), self._around)
        connection.start()
        try:
            asked = tuple(self._topics)
            welcome = await connection.hello(asked, self._arrivals.resume())
            await self._make_up(connection, asked)
        except BaseException:
            self._arrivals.abandon()
            await connection.close()
            raise
        self.welcome = welcome
        self._up.add(connection)
        if self._present.done():
            self._present = asyncio.Future()
        self._present.set_result(connection)
        return connection

    async def _make_up(self, connection: Connection, asked: tuple[str, ...]) -> None:
        """Topics that were taken and given back on the connection before, meanwhile."""
        while asked != (wanted := tuple(self._topics)):
            taken = tuple(topic for topic in wanted if topic not in asked)
            given_back = tuple(topic for topic in asked if topic not in wanted)
            asked = wanted
            await self._tell_refusal(connection.subscribe, taken)
            await self._tell_refusal(connection.unsubscribe, given_back)

    async def _tell_refusal(
        self, ask: Callable[[tuple[str, ...]], Awaitable[None]], topics: tuple[str, ...]
    ) -> None:
        try:
            if topics:
                await ask(topics)
        except RequestRefused as refused:
            self._around.on_error(refused)

    def _new_backoff(self) -> Backoff:
        return Backoff(self._means.random)
