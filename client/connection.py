"""One socket, from its hello to its end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, TypeVar

from websockets.exceptions import ConnectionClosed

from . import wire
from .errors import (
    ConnectionLost,
    HeliographError,
    NoAnswer,
    ProtocolError,
    Refused,
    RequestRefused,
    TopicsRefused,
)
from .frames import (
    Answer,
    Authenticated,
    Disconnect,
    ErrorFrame,
    Frame,
    Marked,
    Notification,
    PresenceState,
    RequestId,
    UnknownFrame,
    Welcome,
)
from .gaps import Position
from .pace import Pace
from .pending import Pending
from .presence import TopicPresence
from .pushes import (
    NotificationUpdated,
    PresenceJoined,
    PresenceLeft,
    Push,
    TokenExpiring,
    UnreadCountChanged,
)

# A Lambda function behind API Gateway answers within 29 s or not at all.
ANSWER_TIMEOUT = 30.0
MAX_FRAME_BYTES = 32 * 1024
A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connection takes from outside: who listens, and what time is."""

    on_notification: Callable[[Notification], None]
    on_error: Callable[[RequestRefused], None]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    answer_timeout: float = ANSWER_TIMEOUT
    # Hears every answer in the order of arrival among the notifications, before who asked for it.
    on_answer: Callable[[Answer], None] = lambda answer: None
    on_push: Callable[[Push], None] = lambda push: None
    timeout: Callable[[float], AbstractAsyncContextManager[object]] = asyncio.timeout


class Socket(Protocol):
    """What a connection needs of a ClientConnection of websockets. Raises: ConnectionClosed."""

    async def send(self, message: str, /) -> None: ...
    async def recv(self) -> str | bytes: ...
    async def close(self) -> None: ...


class Connection:
    """Reads from entering to leaving its context; every request waits for its own answers."""

    def __init__(self, socket: Socket, around: Surroundings) -> None:
        self._socket = socket
        self._around = around
        self._pending = Pending()
        self._heard_at = around.clock()
        # Set where a question was not answered: is anybody there?
        self._in_doubt = asyncio.Event()
        self._reader: asyncio.Task[HeliographError]
        # Set by the server's warning. Who sees to a new token clears it.
        self.token_ends = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def start(self) -> None:
        self._reader = asyncio.create_task(self._read())

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._socket.close()

    async def hello(
        self, topics: Iterable[str], positions: Mapping[str, Position] | None = None
    ) -> Welcome:
        return await self._ask(lambda id_: wire.hello(id_, topics, positions), Welcome)

    async def subscribe(self, topics: tuple[str, ...]) -> None:
        """Raises: TopicsRefused, which leaves its `accepted` topics subscribed."""
        _raise_refusals(await self._request(lambda id_: wire.subscribe(id_, topics), topics))

    async def unsubscribe(self, topics: tuple[str, ...]) -> None:
        _raise_refusals(await self._request(lambda id_: wire.unsubscribe(id_, topics), topics))

    async def replay(self, stream: str, position: Position) -> None:
        """Ask for what follows a position; it comes as notifications. Raises: RequestRefused."""
        _raise_refusals(await self._request(lambda id_: wire.replay(id_, stream, position)))

    async def mark(self, ids: Iterable[str], state: str) -> Marked:
        """Raises: RequestRefused."""
        return await self._ask(lambda id_: wire.mark(id_, ids, state), Marked)

    async def presence(self, topic: str) -> TopicPresence:
        """Raises: RequestRefused."""
        question = self._ask(lambda id_: wire.presence(id_, topic), PresenceState, (topic,))
        return (await question).presence

    async def authenticate(self, token: str) -> str | None:
        """Go on with a new token; when that ends. Raises: RequestRefused."""
        answer = await self._ask(lambda id_: wire.auth(id_, token), Authenticated)
        return answer.token_expires_at

    async def ping(self) -> float:
        """Seconds until the pong."""
        sent_at = self._around.clock()
        _raise_refusals(await self._request(wire.ping))
        return self._around.clock() - sent_at

    async def until_end(self, pace: Pace | None) -> HeliographError:
        """Keep the connection alive; why it ended. `pace`: how often to ping, None for never."""
        tests = [
            asyncio.create_task(self._keep_alive(pace)),
            asyncio.create_task(self._ping_in_doubt()),
        ]
        ends = [self._reader, *tests]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            return next(end for end in ends if end.done()).result()
        finally:
            for test in tests:
                test.cancel()
            await asyncio.gather(*tests, return_exceptions=True)

    async def _keep_alive(self, pace: Pace | None) -> HeliographError:
        """Ping whenever nothing was heard for so long: what the server pushes counts as well."""
        if pace is None:
            return await asyncio.shield(self._reader)
        while True:
            quiet = self._around.clock() - self._heard_at
            if quiet < pace.interval:
                await self._around.sleep(pace.interval - quiet)
                continue
            try:
                await self.ping()
            except HeliographError as error:
                if isinstance(error, NoAnswer | ConnectionLost):
                    pace.fell_silent()
                return error
            pace.held()

    async def _ping_in_doubt(self) -> HeliographError:
        """A line that somebody on the way has forgotten would be found dead minutes later."""
        while True:
            await self._in_doubt.wait()
            self._in_doubt.clear()
            try:
                await self.ping()
            except RequestRefused:
                pass  # Any answer is a sign of life.
            except HeliographError as error:
                return error

    async def _ask(
        self, compose: Callable[[RequestId], str], kind: type[A], topics: Iterable[str] = ()
    ) -> A:
        """What is answered once, and with that kind of frame. Raises: RequestRefused."""
        (answer,) = await self._request(compose, topics)
        if isinstance(answer, ErrorFrame):
            raise answer.as_error()
        if not isinstance(answer, kind):
            raise ProtocolError(f"{kind.__name__} was awaited, and {type(answer).__name__} came")
        return answer

    async def _request(
        self, compose: Callable[[RequestId], str], topics: Iterable[str] = ()
    ) -> tuple[Answer, ...]:
        if self._reader.done():
            raise await self._ending()  # The socket may be open still, but nobody reads it.
        request = self._pending.open(topics)
        try:
            await self._send(compose(request.id))
            async with self._around.timeout(self._around.answer_timeout):
                return await request.answered
        except TimeoutError:
            self._in_doubt.set()
            seconds = self._around.answer_timeout
            raise NoAnswer(f"the server did not answer within {seconds:g} s") from None
        finally:
            self._pending.close(request)

    async def _send(self, text: str) -> None:
        if len(text.encode()) > MAX_FRAME_BYTES:
            # API Gateway would close the connection for it.
            raise RequestRefused(4413, "more than a frame carries")
        try:
            await self._socket.send(text)
        except ConnectionClosed as error:
            # The reader knows more: a frame that says why may have come before the end.
            raise await self._ending() from error

    async def _ending(self) -> HeliographError:
        await asyncio.wait({self._reader})
        return _closed() if self._reader.cancelled() else self._reader.result()

    async def _read(self) -> HeliographError:
        end = _closed()
        try:
            end = await self._read_to_end()
        finally:
            self._pending.fail(end)
        return end

    async def _read_to_end(self) -> HeliographError:
        while True:
            try:
                text = await self._socket.recv()
            except ConnectionClosed as error:
                return _ending_of(error)
            self._heard_at = self._around.clock()
            if end := self._take(wire.parse(text)):
                return end

    def _take(self, frame: Frame) -> Refused | None:
        """What the frame asks for. An error if it is the last one that counts."""
        match frame:
            case Notification():
                self._around.on_notification(frame)
            case ErrorFrame(fatal=True):
                return Refused(frame.code, frame.message, frame.name, after_ms=frame.after_ms)
            case Disconnect():
                return Refused(
                    frame.code, frame.reason, after_ms=frame.after_ms, reconnect=frame.reconnect
                )
            case TokenExpiring():
                self.token_ends.set()
            case UnreadCountChanged() | NotificationUpdated() | PresenceJoined() | PresenceLeft():
                self._around.on_push(frame)
            case UnknownFrame():
                pass
            case _:
                self._settle(frame)
        return None

    def _settle(self, answer: Answer) -> None:
        self._around.on_answer(answer)
        if not self._pending.settle(answer) and isinstance(answer, ErrorFrame):
            self._around.on_error(answer.as_error())


def _closed() -> HeliographError:
    return ConnectionLost("the connection is closed")


def _ending_of(error: ConnectionClosed) -> HeliographError:
    close = error.rcvd
    if close is None:
        return ConnectionLost("the connection broke")
    # API Gateway cannot send codes of ours, but another gateway can.
    if 4000 <= close.code < 5000:
        return Refused(close.code, close.reason)
    return ConnectionLost(f"the server closed the connection ({close.code} {close.reason})")


def _raise_refusals(answers: tuple[Answer, ...]) -> None:
    errors = [answer.as_error() for answer in answers if isinstance(answer, ErrorFrame)]
    for error in errors:
        if error.topic is None:
            raise error
    if errors:
        accepted = [topic for answer in answers if (topic := _accepted_topic(answer))]
        raise TopicsRefused(tuple(errors), tuple(accepted))


def _accepted_topic(answer: Answer) -> str | None:
    return None if isinstance(answer, ErrorFrame) else getattr(answer, "topic", None)
