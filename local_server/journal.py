"""What passed through the gateway: frames both ways, and every invocation of a function."""

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


@dataclass(frozen=True)
class Post:
    """A call of @connections and its status."""

    at: Milliseconds
    connection_id: str
    method: str
    status: int


Entry = Frame | Opened | Closed | Invocation | Post


@dataclass
class Journal:
    """The last entries in their order. A listener hears of each as it comes."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=ENTRIES))
    listeners: list[Callable[[Entry], None]] = field(default_factory=list)

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
