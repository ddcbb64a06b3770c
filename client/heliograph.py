"""The client: notifications from a connection that comes back by itself, and the HTTP API."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from client import handshake, urls
from client.api import Api
from client.arrivals import Arrivals
from client.backoff import LAST_CEILING, Backoff
from client.connection import ANSWER_TIMEOUT, Connection, Surroundings
from client.errors import (
    Closed,
    Coded,
    ConnectionLost,
    HeliographError,
    Refused,
    RequestRefused,
    TopicsRefused,
)
from client.frames import Notification, Welcome
from client.gaps import Gap
from client.handshake import TokenIn
from client.recovery import Recovery
from client.states import Change, State
from client.tokens import Token

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class End:
    """The last item of the queue: no notification will follow."""

    error: BaseException | None = None


def log_change(change: Change) -> None:
    log.debug("%s", change)


def log_gap(gap: Gap) -> None:
    log.warning("notifications of %s may be lost: %s", gap.stream, gap.reason)


def log_error(error: RequestRefused) -> None:
    log.warning("the server refused: %s", error)


class Heliograph:
    """Notifications as they happen, over a socket that is opened again whenever it is lost.

        async with Heliograph("http://127.0.0.1:3001", token, topics=["orders:*"]) as heliograph:
            async for notification in heliograph.notifications():
                ...

    `token`: a string, or a callable, sync or async, that is asked again on each reconnect.
    `patient`: keep trying even if the first try fails; else `open` raises what went wrong.
    `last_ceiling`: the longest wait between two tries, in seconds, unless the server asks for more.
    `on_change` hears of every state, `on_error` of error frames that answer no call, such as a
    topic that was refused on a reconnect. `api` speaks HTTP with the same token.

    What was missed between two connections is replayed, in order; `on_gap` hears of streams of
    which something may be lost for good.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        topics: Iterable[str] = (),
        websocket_url: str | None = None,
        token_in: TokenIn = "query",  # noqa: S107
        patient: bool = True,
        last_ceiling: float = LAST_CEILING,
        on_change: Callable[[Change], None] = log_change,
        on_error: Callable[[RequestRefused], None] = log_error,
        on_gap: Callable[[Gap], None] = log_gap,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = random.random,
        answer_timeout: float = ANSWER_TIMEOUT,
    ) -> None:
        self.api = Api(base_url, token)
        self.state = State.IDLE
        self.welcome: Welcome | None = None
        self._url = urls.checked_websocket_url(websocket_url or urls.websocket_url(base_url))
        self._token_in = token_in
        self._topics = dict.fromkeys(topics)
        self._on_change = on_change
        self._recovery = Recovery(
            Backoff(random, last_ceiling),
            renewable=self.api.tokens.renewable,
            patient=patient,
        )
        # Unbounded: to stop reading would look like a dead connection, and to drop is to lose.
        self._arrived: asyncio.Queue[Notification | End] = asyncio.Queue()
        self._arrivals = Arrivals(self._arrived.put_nowait, on_gap)
        self._around = Surroundings(
            self._arrivals.arrive, on_error, clock, sleep, answer_timeout, self._arrivals.hear
        )
        self._task: asyncio.Task[None] | None = None
        self._connection: asyncio.Future[Connection]

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect, and wait until the server has said welcome. Raises: Refused, ApiError."""
        if self._task is not None:
            raise Closed("a client is opened once")
        self._connection = asyncio.Future()
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._end)
        try:
            await self._connected()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Leave; `notifications` ends after what has arrived. Closing twice does no harm."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.api.close()

    async def notifications(self) -> AsyncIterator[Notification]:
        """Each notification once, to one taker, in the order of arrival.

        Ends when the client is closed. Raises: Refused when the server will not have it back.
        """
        while True:
            item = await self._arrived.get()
            if isinstance(item, End):
                self._arrived.put_nowait(item)  # Every other taker shall end as well.
                if item.error:
                    raise item.error
                return
            yield item

    async def subscribe(self, *topics: str) -> None:
        """Subscribe, now and after each reconnect.

        Raises: TopicsRefused, which leaves its `accepted` topics subscribed.
        """
        wanted = tuple(dict.fromkeys(topics))
        try:
            await self._ask(lambda connection: connection.subscribe(wanted))
        except TopicsRefused as refused:
            self._topics.update(dict.fromkeys(refused.accepted))
            raise
        self._topics.update(dict.fromkeys(wanted))

    async def unsubscribe(self, *topics: str) -> None:
        """Give topics back, now and for later connections."""
        unwanted = tuple(dict.fromkeys(topics))
        for topic in unwanted:
            self._topics.pop(topic, None)
        await self._ask(lambda connection: connection.unsubscribe(unwanted))

    async def ping(self) -> float:
        """Seconds until the server's pong."""
        return await self._ask(lambda connection: connection.ping())

    @property
    def topics(self) -> tuple[str, ...]:
        """What is asked for on each connect, beside what the server subscribes on its own."""
        return tuple(self._topics)

    async def _ask(self, question: Callable[[Connection], Awaitable[T]]) -> T:
        """Ask the present connection; should it end meanwhile, the next one."""
        while True:
            connection = await self._connected()
            with suppress(ConnectionLost, Refused):
                return await question(connection)
            await asyncio.sleep(0)

    async def _connected(self) -> Connection:
        if self._task is None:
            raise Closed("the client is not open yet")
        return await asyncio.shield(self._connection)

    async def _run(self) -> None:
        """Connect again and again. Raises: what makes another try pointless."""
        self._change(Change(State.CONNECTING))
        ask_token = self.api.tokens.current
        while True:
            error, lived = await self._live(ask_token)
            delay = self._recovery.delay_after(error, lived)
            self._change(Change(State.RECOVERING, error, delay))
            await self._around.sleep(delay)
            ask_token = self.api.tokens.renew

    async def _live(
        self, ask_token: Callable[[], Awaitable[str]]
    ) -> tuple[HeliographError, float | None]:
        """One connection from its handshake on: why it ended, and how long it was up."""
        try:
            socket = await handshake.open_socket(self._url, await ask_token(), self._token_in)
            async with Connection(socket, self._around) as connection:
                self.welcome = await connection.hello(self._topics, self._arrivals.resume())
                since = self._around.clock()
                self._connection.set_result(connection)
                self._change(Change(State.CONNECTED))
                async with self._arrivals.caught_up(connection):
                    error = await connection.until_end(self.welcome.ping_interval)
                self._connection = asyncio.Future()
                return error, self._around.clock() - since
        except HeliographError as error:
            return error, None

    def _change(self, change: Change) -> None:
        self.state = change.state
        self._on_change(change)

    def _end(self, task: asyncio.Task[None]) -> None:
        """The last word, to everybody who waits for a connection or a notification."""
        error = None if task.cancelled() else task.exception()
        if self._connection.done():
            self._connection = asyncio.Future()
        self._connection.set_exception(error or Closed("the client is closed"))
        self._connection.exception()  # Nobody may be waiting, and asyncio would complain.
        self._arrived.put_nowait(End(error))
        final = State.REFUSED if isinstance(error, Coded) else State.DISCONNECTED
        self._change(Change(final, error if isinstance(error, HeliographError) else None))
