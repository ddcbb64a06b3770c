"""What passed through: frames both ways, every invocation of a function, and what else happened."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from local_server.clock import Milliseconds
from local_server.ids import ConnectionId

# What a test or a page can still look at; older entries make room.
ENTRIES = 100_000


@dataclass(frozen=True)
class Frame:
    """A message as the client sent it, or as it was sent to the client."""

    at: Milliseconds
    connection_id: ConnectionId
    direction: Literal["in", "out"]
    payload: bytes

    @property
    def text(self) -> str:
        return self.payload.decode("utf-8", "replace")


@dataclass(frozen=True)
class Opened:
    """The start of a connection; the key is that of its handshake."""

    at: Milliseconds
    connection_id: ConnectionId
    websocket_key: str
    source_ip: str = ""


@dataclass(frozen=True)
class Closed:
    """The end of a connection, with what $disconnect is told."""

    at: Milliseconds
    connection_id: ConnectionId
    code: int
    reason: str


@dataclass(frozen=True)
class Invocation:
    """`answer` is the JSON text of the result; a failed one has an `error` instead."""

    at: Milliseconds
    function: str
    event: Any
    answer: str | None
    error: str | None
    request_id: str = ""
    ms: float = 0.0
    traceback: str = ""


@dataclass(frozen=True)
class Post:
    """A call of @connections and its status."""

    at: Milliseconds
    connection_id: str
    method: str
    status: int


# What the inspector alone shows.


@dataclass(frozen=True)
class TurnedAway:
    """A handshake that was refused, and its status."""

    at: Milliseconds
    connection_id: ConnectionId
    status: int


@dataclass(frozen=True)
class Began:
    """An event on its way into a function. The Invocation of the same request id is its end."""

    at: Milliseconds
    request_id: str
    function: str
    event: Any


@dataclass(frozen=True)
class Line:
    """What a handler has printed."""

    at: Milliseconds
    request_id: str
    function: str
    text: str


@dataclass(frozen=True)
class Answered:
    """An HTTP request and its status; its event has the same `api_request_id`."""

    at: Milliseconds
    api_request_id: str
    method: str
    path: str
    function: str
    status: int
    ms: float


@dataclass(frozen=True)
class Batch:
    """What a queue, stream or schedule had for a function, and how much of it was done."""

    at: Milliseconds
    source: Literal["queue", "stream", "schedule"]
    name: str
    function: str
    size: int
    done: int


@dataclass(frozen=True)
class Struck:
    """A fault, by its number, and the call that it struck."""

    at: Milliseconds
    number: int
    fault: str
    connection_id: str | None
    route: str | None
    function: str | None


@dataclass(frozen=True)
class Moved:
    """The clock was advanced, and is ahead so much by now."""

    at: Milliseconds
    seconds: float
    ahead_ms: int


Detail = TurnedAway | Began | Line | Answered | Batch | Struck | Moved
Entry = Frame | Opened | Closed | Invocation | Post | Detail


@dataclass
class Journal:
    """The last entries in their order. A listener hears of each as it comes.

    Who has an entry to add looks first whether it `is_open`, or, for a Detail, `is_detailed`.
    """

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=ENTRIES))
    listeners: list[Callable[[Entry], None]] = field(default_factory=list)
    is_open: bool = True
    is_detailed: bool = False

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        for listener in self.listeners:
            listener(entry)

    @property
    def frames(self) -> list[Frame]:
        return [entry for entry in self.entries if isinstance(entry, Frame)]

    @property
    def invocations(self) -> list[Invocation]:
        return [entry for entry in self.entries if isinstance(entry, Invocation)]

    @property
    def posts(self) -> list[Post]:
        return [entry for entry in self.entries if isinstance(entry, Post)]

    @property
    def closings(self) -> list[Closed]:
        return [entry for entry in self.entries if isinstance(entry, Closed)]

    def connection_of(self, websocket_key: str) -> ConnectionId:
        """Raises LookupError."""
        for entry in self.entries:
            if isinstance(entry, Opened) and entry.websocket_key == websocket_key:
                return entry.connection_id
        raise LookupError("no connection was opened with this key")


def closed_journal() -> Journal:
    """One that keeps nothing: what it is told once it is open, its listeners hear."""
    return Journal(deque(maxlen=0), is_open=False)
