"""The WebSocket API: $connect before the upgrade, a route for every frame, $disconnect after."""

import asyncio
import logging
from contextlib import suppress
from typing import Literal

from local_server import ids
from local_server.addresses import addresses_of
from local_server.connect_access import ClientAdmission, admit_every_client
from local_server.environment import WEBSOCKET_API_ID
from local_server.errors import FunctionError
from local_server.events.websocket import Peer, disconnect_event
from local_server.faults import Call, FaultKind
from local_server.gateway import FAILED, GOING_AWAY, LOST, TOO_MANY, Closing, Gone, Registry
from local_server.handshake import Accepted, Handshake, Refused
from local_server.ids import ConnectionId
from local_server.integration import Integration, IntegrationTimeout
from local_server.journal import Closed, Frame, Opened, TurnedAway
from local_server.messages import Messages
from local_server.requests import Request
from local_server.responses import (
    SERVICE_UNAVAILABLE,
    TOO_MANY_REQUESTS,
    Malformed,
)
from local_server.route_invoker import RouteInvoker
from local_server.shared import Shared
from local_server.template import Template, WebsocketRoute
from local_server.throttling import Bucket
from local_server.websocket import BufferFull, WebSocket

logger = logging.getLogger("local_server.websocket")


class WebsocketApi:
    """Knows every open socket of the emulator."""

    def __init__(
        self,
        template: Template,
        integration: Integration,
        shared: Shared,
        admit: ClientAdmission = admit_every_client,
    ) -> None:
        self._template = template
        self.addresses = addresses_of(template)
        self._handshake = Handshake(template, integration, shared, admit)
        self._messages = Messages(template, integration, shared)
        self._routes = RouteInvoker(integration)
        self._shared = shared
        self._tasks = shared.tasks
        self._clock = shared.clock
        self._random = shared.random_bytes
        self._sockets: dict[ConnectionId, WebSocket] = {}
        self._buckets: dict[ConnectionId, Bucket] = {}
        self._all_closed = asyncio.Event()
        self._ending: Closing | None = None
        self.registry = Registry()

    # The handshake

    async def connect(self, request: Request) -> Accepted | Refused:
        """Runs $connect. Nobody can post to the connection before `opened`."""
        if self._ending is not None:
            return Refused(SERVICE_UNAVAILABLE)
        if not self._shared.throttle.admits_upgrade(self._clock.now()):
            return Refused(TOO_MANY_REQUESTS)
        peer = self._peer(request)
        self.registry.connecting(peer)
        decision = self._tasks.start(self._decide(peer, request))
        try:
            return await asyncio.shield(decision)
        except asyncio.CancelledError:
            # The client has left; what $connect accepted is still disconnected properly.
            decision.add_done_callback(self._abandon)
            raise

    def opened(self, peer: Peer, socket: WebSocket) -> None:
        if (bucket := self._shared.throttle.of_connection()) is not None:
            self._buckets[peer.connection_id] = bucket
        self._sockets[peer.connection_id] = socket
        self.registry.opened(peer.connection_id)
        if self._ending is not None:
            # $connect was still running when all others were closed.
            self._close_quietly(peer.connection_id, self._ending)

    async def _decide(self, peer: Peer, request: Request) -> Accepted | Refused:
        decision = await self._handshake.decide(peer, request)
        journal, now = self._shared.journal, self._clock.now()
        if isinstance(decision, Refused):
            self.registry.closed(peer.connection_id)
            if journal.is_detailed:
                journal.add(TurnedAway(now, peer.connection_id, decision.response.status))
        elif journal.is_open:
            key = request.header("sec-websocket-key") or ""
            journal.add(Opened(now, peer.connection_id, key, peer.source_ip))
        return decision

    def _abandon(self, decision: "asyncio.Task[Accepted | Refused]") -> None:
        if decision.cancelled() or decision.exception():
            return
        outcome = decision.result()
        if isinstance(outcome, Accepted):
            self.closed(outcome.peer, LOST)

    def _peer(self, request: Request) -> Peer:
        return Peer(
            connection_id=ids.connection_id(self._random),
            connected_at=self._clock.now(),
            domain_name=request.host,
            source_ip=request.source_ip,
            user_agent=request.header("user-agent"),
            api_id=WEBSOCKET_API_ID,
            stage=self._template.stage,
            stage_variables=self._template.websocket_stage.variables,
            lowers_headers=self.addresses.lower_headers(request.decoded_path.rstrip("/")),
        )

    # Frames

    async def message(self, peer: Peer, text: str) -> None:
        """Runs the route of one frame and posts what it answers, if anything."""
        now = self._clock.now()
        self.registry.active(peer.connection_id, now)
        self._note_frame(peer.connection_id, "in", text)
        bucket = self._buckets.get(peer.connection_id)
        if bucket is not None and not bucket.take(now):
            self._close_quietly(peer.connection_id, TOO_MANY)
            return
        if self._shared.faults.strike(FaultKind.CONNECTION_FAILED, Call(peer.connection_id)):
            self._close_quietly(peer.connection_id, FAILED)
            return
        answer = await self._messages.answer(peer, text)
        if answer is not None:
            self._reply(peer, answer)

    def pinged(self, peer: Peer) -> None:
        if self._shared.assumptions.ping_resets_idle:
            self.registry.active(peer.connection_id, self._clock.now())

    def _reply(self, peer: Peer, answer: str) -> None:
        # Whoever has left or reads too slowly misses it; nobody is there to be told.
        with suppress(Gone, BufferFull):
            self.post(peer.connection_id, answer.encode("utf-8", "replace"))

    def post(self, connection: ConnectionId, payload: bytes) -> None:
        """Raises Gone, BufferFull."""
        socket = self.socket(connection)
        socket.check_room()
        self.registry.active(connection, self._clock.now())
        # First noted, then sent: who has received a frame finds it in the journal.
        self._note_frame(connection, "out", payload)
        socket.post(payload)

    def _note_frame(
        self, connection: ConnectionId, direction: Literal["in", "out"], payload: bytes | str
    ) -> None:
        if (journal := self._shared.journal).is_open:
            sent = payload.encode() if isinstance(payload, str) else payload
            journal.add(Frame(self._clock.now(), connection, direction, sent))

    # The end

    def closed(self, peer: Peer, closing: Closing) -> None:
        """The socket is closed: $disconnect runs, and nobody waits for it."""
        connection = peer.connection_id
        self.registry.closed(connection)
        self._sockets.pop(connection, None)
        self._buckets.pop(connection, None)
        if not self._sockets:
            self._all_closed.set()
        if (journal := self._shared.journal).is_open:
            journal.add(Closed(self._clock.now(), connection, closing.code, closing.reason))
        route = self._template.websocket_routes.get("$disconnect")
        if route is None or self._disconnect_is_lost(connection):
            return
        self._tasks.start(self._disconnect(peer, route, closing))

    def _disconnect_is_lost(self, connection: ConnectionId) -> bool:
        call = Call(connection=connection, route="$disconnect")
        return self._shared.faults.strike(FaultKind.DISCONNECT_LOST, call) is not None

    async def _disconnect(self, peer: Peer, route: WebsocketRoute, closing: Closing) -> None:
        event = disconnect_event(
            peer, closing.code, closing.reason, ids.request_id(self._random), self._clock.now()
        )
        try:
            await self._routes.invoke(route, event)
        except (FunctionError, IntegrationTimeout, Malformed):
            return

    def socket(self, connection: ConnectionId) -> WebSocket:
        """Raises Gone."""
        self.registry.open(connection)
        return self._sockets[connection]

    def counts(self, connection: ConnectionId) -> dict[str, int]:
        """Of messages, both ways. Raises Gone."""
        socket = self.socket(connection)
        return {"messages_in": socket.messages_in, "messages_out": socket.messages_out}

    def close(self, connection: ConnectionId, closing: Closing) -> None:
        """Closes from our side; from now on the connection is Gone. Raises Gone."""
        socket = self.socket(connection)
        self.registry.closed(connection)
        socket.close(closing)

    def close_overdue(self) -> None:
        """Those past ten idle minutes or two hours."""
        assumed = self._shared.assumptions
        for connection, is_idle in list(self.registry.overdue(self._clock.now())):
            reason = assumed.idle_reason if is_idle else assumed.lifetime_reason
            self._close_quietly(connection, Closing(GOING_AWAY, reason))

    async def close_all(self, closing: Closing) -> None:
        """Returns once every peer has answered, or was cut off. Nobody comes in any more."""
        self._ending = closing
        for connection in list(self._sockets):
            self._close_quietly(connection, closing)
        if self._sockets:
            self._all_closed.clear()
            await self._all_closed.wait()

    def _close_quietly(self, connection: ConnectionId, closing: Closing) -> None:
        try:
            self.close(connection, closing)
        except Gone:
            return
