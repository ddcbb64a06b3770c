"""Who is connected, for how long, and how a connection ends; no I/O."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from local_server.clock import Milliseconds
from local_server.events.websocket import Peer
from local_server.ids import ConnectionId

# Developer guide, apigateway-execution-service-websocket-limits-table.
FRAME_BYTES = 32 * 1024
MESSAGE_BYTES = 128 * 1024
IDLE_MS = 10 * 60 * 1000
LIFETIME_MS = 2 * 60 * 60 * 1000
INTEGRATION_TIMEOUT_S = 29.0


@dataclass(frozen=True)
class Closing:
    """A close code and reason, for the peer and for $disconnect."""

    code: int
    reason: str


GOING_AWAY = 1001
BINARY = Closing(1003, "")
NOT_UTF8 = Closing(1007, "")
# "too many requests from one client" (developer guide, websocket-api-protect); no reason recorded.
TOO_MANY = Closing(1008, "")
TOO_BIG = Closing(1009, "Message too big")
DELETED = Closing(1000, "Connection Closed Normally")
FAILED = Closing(1011, "")
RESTART = Closing(1012, "Service restart")
LOST = Closing(1006, "")
NO_STATUS = Closing(1005, "Client-side close frame status not set")


class Gone(Exception):
    """No open connection of that id: never was, not yet, or no longer."""


class State(Enum):
    CONNECTING = "connecting"
    OPEN = "open"


@dataclass(frozen=True)
class Connection:
    peer: Peer
    state: State
    last_active_at: Milliseconds

    @property
    def id(self) -> ConnectionId:
        return self.peer.connection_id

    def idle(self, now: Milliseconds) -> bool:
        return now - self.last_active_at >= IDLE_MS

    def too_old(self, now: Milliseconds) -> bool:
        return now - self.peer.connected_at >= LIFETIME_MS


class Registry:
    """The connections of the gateway. A closed one is forgotten; its id is Gone."""

    def __init__(self) -> None:
        self._connections: dict[ConnectionId, Connection] = {}

    def __len__(self) -> int:
        return len(self._connections)

    def connecting(self, peer: Peer) -> None:
        self._connections[peer.connection_id] = Connection(
            peer, State.CONNECTING, peer.connected_at
        )

    def opened(self, connection: ConnectionId) -> None:
        self._connections[connection] = replace(self._connections[connection], state=State.OPEN)

    def active(self, connection: ConnectionId, now: Milliseconds) -> None:
        """A frame came in, or a post went out: both put off the idle timeout."""
        if (found := self._connections.get(connection)) is not None:
            self._connections[connection] = Connection(found.peer, found.state, now)

    def closed(self, connection: ConnectionId) -> None:
        self._connections.pop(connection, None)

    def open(self, connection: ConnectionId) -> Connection:
        """Raises Gone; also while $connect is still running, as AWS does."""
        found = self._connections.get(connection)
        if found is None or found.state is not State.OPEN:
            raise Gone(connection)
        return found

    def all_open(self) -> list[Connection]:
        return [one for one in self._connections.values() if one.state is State.OPEN]

    def overdue(self, now: Milliseconds) -> Iterator[tuple[ConnectionId, bool]]:
        """The open connections past ten idle minutes or two hours, and whether it is the former."""
        for connection in self._connections.values():
            if connection.state is not State.OPEN:
                continue
            if (idle := connection.idle(now)) or connection.too_old(now):
                yield connection.id, idle


def describe(connection: Connection) -> dict[str, Any]:
    """The body of GET @connections/{id}."""
    return {
        "connectedAt": _iso(connection.peer.connected_at),
        "identity": {
            "sourceIp": connection.peer.source_ip,
            **({"userAgent": agent} if (agent := connection.peer.user_agent) else {}),
        },
        "lastActiveAt": _iso(connection.last_active_at),
    }


def _iso(moment: Milliseconds) -> str:
    at = datetime.fromtimestamp(moment / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
