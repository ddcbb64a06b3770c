"""The client: notifications from a connection that comes back by itself, and the HTTP API."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from . import handshake, urls
from .api import Api
from .arrivals import Arrivals
from .backoff import LAST_CEILING, Backoff
from .connection import ANSWER_TIMEOUT, Connection, Socket, Surroundings
from .errors import Closed, Coded, HeliographError, RequestRefused, TopicsRefused
from .frames import Answer, Marked, Notification, Welcome
from .gaps import Gap, Position
from .handshake import TokenIn
from .inbox import Mark
from .line import MAX_WAITING, Line, Means
from .presence import TopicPresence
from .pushes import Counts, Push, UnreadCountChanged
from .recovery import Recovery
from .states import Change, State
from .tokens import Token

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


def log_push(push: Push) -> None:
    log.debug("%s", push)


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

    `on_push` hears of what was marked elsewhere, and of who comes to watched topics and who goes.
    `max_waiting`: so many calls wait while there is no connection; one more raises Overflow.

    What was missed between two connections is replayed, in order, and so is what is lost on the
    way; `on_gap` hears of streams of which something may be lost for good. `positions` are those
    where an earlier client left off. A connection is replaced before the server ends it for its
    age, and given a new token before the old one ends, if `token` is a callable.
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
        on_push: Callable[[Push], None] = log_push,
        positions: Mapping[str, Position] | None = None,
        max_waiting: int = MAX_WAITING,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = random.random,
        answer_timeout: float = ANSWER_TIMEOUT,
        timeout: Callable[[float], AbstractAsyncContextManager[object]] = asyncio.timeout,
        open_socket: Callable[[str, str, TokenIn], Awaitable[Socket]] = handshake.open_socket,
    ) -> None:
        self.api = Api(base_url, token)
        self.state = State.IDLE
        self.counts: Counts | None = None
        self._topics = dict.fromkeys(topics)
        # While each `subscribe` waits for its answer.
        self._given_back: list[set[str]] = []
        self._on_change, self._on_push = on_change, on_push
        # Unbounded: to stop reading would look like a dead connection, and to drop is to lose.
        self._arrived: asyncio.Queue[Notification | End] = asyncio.Queue()
        self._arrivals = Arrivals(self._arrived.put_nowait, on_gap, sleep, positions or {}, random)
        around = Surroundings(
            on_notification=self._arrive,
            on_error=on_error,
            clock=clock,
            sleep=sleep,
            answer_timeout=answer_timeout,
            on_answer=self._hear,
            on_push=self._take_push,
            timeout=timeout,
        )
        url = urls.checked_websocket_url(websocket_url or urls.websocket_url(base_url))
        tokens = self.api.tokens
        self._line = Line(
            Means(
                open_socket=lambda token: open_socket(url, token, token_in),
                tokens=tokens,
                around=around,
                random=random,
                max_waiting=max_waiting,
            ),
            self._topics,
            self._arrivals,
            Recovery(Backoff(random, last_ceiling), renewable=tokens.renewable, patient=patient),
            self._change,
        )
        self._task: asyncio.Task[None] | None = None

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
        self._task = self._line.begin()
        self._task.add_done_callback(self._end)
        try:
            await self._line.connected()
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
        accepted: tuple[str, ...] = ()
        given_back: set[str] = set()
        self._given_back.append(given_back)
        try:
            await self._ask(lambda connection: connection.subscribe(wanted))
            accepted = wanted
        except TopicsRefused as refused:
            accepted = refused.accepted
            raise
        finally:
            self._given_back = [each for each in self._given_back if each is not given_back]
            self._topics.update((each, None) for each in accepted if each not in given_back)

    async def unsubscribe(self, *topics: str) -> None:
        """Give topics back, now and for later connections."""
        unwanted = tuple(dict.fromkeys(topics))
        for topic in unwanted:
            self._topics.pop(topic, None)
        for given_back in self._given_back:
            given_back.update(unwanted)
        await self._ask(lambda connection: connection.unsubscribe(unwanted))

    async def mark(self, ids: Iterable[str], state: Mark) -> Marked:
        """Mark up to a hundred notifications; the user's other connections are told."""
        marked = await self._ask(lambda connection: connection.mark(tuple(ids), state))
        self.counts = marked.counts or self.counts
        return marked

    async def presence(self, topic: str) -> TopicPresence:
        """Who is in a topic now; who comes and who goes is told to `on_push` in watched ones."""
        return await self._ask(lambda connection: connection.presence(topic))

    async def ping(self) -> float:
        """Seconds until the server's pong."""
        return await self._ask(lambda connection: connection.ping())

    @property
    def topics(self) -> tuple[str, ...]:
        """What is asked for on each connect, beside what the server subscribes on its own."""
        return tuple(self._topics)

    @property
    def welcome(self) -> Welcome | None:
        """What the server said to the present connection, or the last one."""
        return self._line.welcome

    @property
    def positions(self) -> Mapping[str, Position]:
        """How far each stream has arrived: `positions` of a client that shall go on from there."""
        return self._arrivals.positions

    async def _ask(self, question: Callable[[Connection], Awaitable[T]]) -> T:
        if self._task is None:
            raise Closed("the client is not open yet")
        return await self._line.ask(question)

    def _arrive(self, notification: Notification) -> None:
        if not notification.replay:
            self.counts = notification.counts or self.counts
        self._arrivals.arrive(notification)

    def _hear(self, answer: Answer) -> None:
        if isinstance(answer, Welcome):
            self.counts = answer.counts or self.counts
        self._arrivals.hear(answer)

    def _take_push(self, push: Push) -> None:
        if isinstance(push, UnreadCountChanged):
            self.counts = push.counts
        self._on_push(push)

    def _change(self, change: Change) -> None:
        self.state = change.state
        self._on_change(change)

    def _end(self, task: asyncio.Task[None]) -> None:
        """The last word, to everybody who waits for a connection or a notification."""
        error = None if task.cancelled() else task.exception()
        self._line.end(error or Closed("the client is closed"))
        self._arrived.put_nowait(End(error))
        final = State.REFUSED if isinstance(error, Coded) else State.DISCONNECTED
        self._change(Change(final, error if isinstance(error, HeliographError) else None))
