"""The client for programs without an event loop: the same calls, which wait for their answers."""

import queue
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypedDict, TypeVar, Unpack

from .api import Api
from .background import Background
from .errors import Closed, RequestRefused
from .frames import Marked, Notification, Welcome
from .gaps import Gap, Position
from .handshake import TokenIn
from .heliograph import End, Heliograph
from .inbox import Mark
from .presence import TopicPresence
from .pushes import Counts, Push
from .states import Change, State
from .tokens import Token

P = ParamSpec("P")
T = TypeVar("T")


class Options(TypedDict, total=False):
    """What `Heliograph` takes by name. Callbacks run in the client's thread, not in yours."""

    topics: Iterable[str]
    websocket_url: str | None
    token_in: TokenIn
    patient: bool
    last_ceiling: float
    on_change: Callable[[Change], None]
    on_error: Callable[[RequestRefused], None]
    on_gap: Callable[[Gap], None]
    on_push: Callable[[Push], None]
    positions: Mapping[str, Position] | None
    max_waiting: int


def _blocking(
    method: Callable[Concatenate[Api, P], Coroutine[Any, Any, T]],
) -> "Callable[Concatenate[SyncApi, P], T]":
    def call(self: "SyncApi", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.wait_for(lambda api: method(api, *args, **kwargs))

    call.__name__, call.__doc__ = method.__name__, method.__doc__
    return call


class SyncApi:
    """`Api`, call for call.

    with SyncApi("http://127.0.0.1:3001", token) as api:
        api.send("alice", "Approved")
    """

    def __init__(self, base_url: str, token: Token = "") -> None:
        self._api = Api(base_url, token)
        self._background = Background()

    @classmethod
    def of(cls, api: Api, background: Background) -> Self:
        """The same requests as `api`, from another thread."""
        made = cls.__new__(cls)
        made._api, made._background = api, background  # noqa: SLF001
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Twice does no harm."""
        try:
            self.wait_for(Api.close)
        except Closed:
            return
        self._background.stop()

    def wait_for(self, call: Callable[[Api], Coroutine[Any, Any, T]]) -> T:
        return self._background.run(lambda: call(self._api))

    login = _blocking(Api.login)
    me = _blocking(Api.me)
    stats = _blocking(Api.stats)
    send = _blocking(Api.send)
    broadcast = _blocking(Api.broadcast)
    inbox = _blocking(Api.inbox)
    mark = _blocking(Api.mark)
    mark_all = _blocking(Api.mark_all)
    presence = _blocking(Api.presence)
    topic_presence = _blocking(Api.topic_presence)
    history = _blocking(Api.history)
    create_user = _blocking(Api.create_user)
    delete_user = _blocking(Api.delete_user)


class SyncHeliograph:
    """`Heliograph` in a thread of its own.

        with SyncHeliograph("http://127.0.0.1:3001", token, topics=["orders:*"]) as heliograph:
            for notification in heliograph.notifications():
                ...

    Any thread may call; `close` ends what others wait for. Ctrl-C ends a wait with
    KeyboardInterrupt, and leaving the `with` closes the client.
    """

    def __init__(self, base_url: str, token: Token, **options: Unpack[Options]) -> None:
        self._heliograph = Heliograph(base_url, token, **options)
        self._background = Background()
        self._arrived: queue.SimpleQueue[Notification | End] = queue.SimpleQueue()
        self.api = SyncApi.of(self._heliograph.api, self._background)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def open(self) -> None:
        """Connect, and wait until the server has said welcome. Raises: Refused, ApiError."""
        try:
            self._background.run(self._heliograph.open)
        except BaseException:
            self.close()
            raise
        self._background.start(self._hand_over)

    def close(self) -> None:
        """Leave; `notifications` ends after what has arrived. Closing twice does no harm."""
        try:
            self._background.run(self._heliograph.close)
        except Closed:
            return
        self._background.stop()
        self._arrived.put(End())

    def notifications(self, timeout: float | None = None) -> Iterator[Notification]:
        """Each notification once, to one taker, in the order of arrival.

        Ends when the client is closed, or when none came for `timeout` seconds. Raises: Refused
        when the server will not have it back.
        """
        while True:
            try:
                notification = self.receive(timeout)
            except (TimeoutError, Closed):
                return
            yield notification

    def receive(self, timeout: float | None = None) -> Notification:
        """The next notification. Raises: TimeoutError after so many seconds; Closed; Refused."""
        try:
            item = self._arrived.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"no notification within {timeout:g} s") from None
        if isinstance(item, Notification):
            return item
        self._arrived.put(item)  # Every other taker shall end as well.
        raise item.error or Closed("the client is closed")

    def subscribe(self, *topics: str) -> None:
        """Subscribe, now and after each reconnect. Raises: TopicsRefused."""
        self._background.run(lambda: self._heliograph.subscribe(*topics))

    def unsubscribe(self, *topics: str) -> None:
        """Give topics back, now and for later connections."""
        self._background.run(lambda: self._heliograph.unsubscribe(*topics))

    def mark(self, ids: Iterable[str], state: Mark) -> Marked:
        """Mark up to a hundred notifications; the user's other connections are told."""
        return self._background.run(lambda: self._heliograph.mark(ids, state))

    def presence(self, topic: str) -> TopicPresence:
        """Who is in a topic now."""
        return self._background.run(lambda: self._heliograph.presence(topic))

    def ping(self) -> float:
        """Seconds until the server's pong."""
        return self._background.run(self._heliograph.ping)

    @property
    def state(self) -> State:
        return self._heliograph.state

    @property
    def counts(self) -> Counts | None:
        return self._heliograph.counts

    @property
    def welcome(self) -> Welcome | None:
        return self._heliograph.welcome

    @property
    def topics(self) -> tuple[str, ...]:
        return self._heliograph.topics

    @property
    def positions(self) -> Mapping[str, Position]:
        return self._heliograph.positions

    async def _hand_over(self) -> None:
        try:
            async for notification in self._heliograph.notifications():
                self._arrived.put(notification)
        except Exception as error:  # noqa: BLE001  # A bug in a token callable is one, too.
            self._arrived.put(End(error))
        else:
            self._arrived.put(End())
