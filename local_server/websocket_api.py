"""The WebSocket API: $connect before the upgrade, a route for every frame, $disconnect after."""

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_server import frames, ids
from local_server.clock import Clock
from local_server.environment import WEBSOCKET_API_ID
from local_server.errors import FunctionError
from local_server.events.websocket import Peer, connect_event, disconnect_event, message_event
from local_server.gateway import LOST, Closing, Gone, Registry
from local_server.ids import ConnectionId, RandomBytes, RequestId
from local_server.integration import Integration, IntegrationTimeout
from local_server.requests import Request
from local_server.responses import Malformed, Response, gateway_error
from local_server.selection import NoRoute, select_route
from local_server.tasks import Tasks
from local_server.template import Template, WebsocketRoute
from local_server.twoway import checked_result, reply_of, status_of, subprotocol_of
from local_server.websocket import WebSocket

logger = logging.getLogger("local_server.websocket")

CONNECT_FAILED = gateway_error(502, frames.INTERNAL_SERVER_ERROR)
CONNECT_TIMED_OUT = gateway_error(504, frames.TIMED_OUT)


@dataclass(frozen=True)
class Accepted:
    peer: Peer
    subprotocol: str | None = None


@dataclass(frozen=True)
class Refused:
    response: Response


class WebsocketApi:
    """Knows every open socket of the emulator."""

    def __init__(
        self,
        template: Template,
        integration: Integration,
        tasks: Tasks,
        clock: Clock,
        random_bytes: RandomBytes,
    ) -> None:
        self._template = template
        self._integration = integration
        self._tasks = tasks
        self._clock = clock
        self._random = random_bytes
        self._sockets: dict[ConnectionId, WebSocket] = {}
        self._all_closed = asyncio.Event()
        self.registry = Registry()

    # The handshake

    async def connect(self, request: Request) -> Accepted | Refused:
        """Runs $connect. Nobody can post to the connection before `opened`."""
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
        self._sockets[peer.connection_id] = socket
        self.registry.opened(peer.connection_id)

    async def _decide(self, peer: Peer, request: Request) -> Accepted | Refused:
        decision = await self._ask(peer, request)
        if isinstance(decision, Refused):
            self.registry.closed(peer.connection_id)
        return decision

    async def _ask(self, peer: Peer, request: Request) -> Accepted | Refused:
        route = self._template.websocket_routes.get("$connect")
        if route is None:
            return Accepted(peer)
        now = self._clock.now()
        trace = ids.trace_id(now, self._random)
        event = connect_event(peer, request, self._request_id(), now, trace)
        try:
            result = json.loads(await self._invoke(route, event))
            status = status_of(result)
        except (FunctionError, Malformed):
            return Refused(CONNECT_FAILED)
        except IntegrationTimeout:
            return Refused(CONNECT_TIMED_OUT)
        if 200 <= status < 300:
            return Accepted(peer, subprotocol_of(result))
        return Refused(Response(status))

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
        )

    # Frames

    async def message(self, peer: Peer, text: str) -> None:
        """Runs the route of one frame and posts what it answers, if anything."""
        self.registry.active(peer.connection_id, self._clock.now())
        request_id = self._request_id()
        try:
            answer = await self._answer(peer, text, request_id)
        except NoRoute:
            answer = frames.error_frame(frames.FORBIDDEN, peer.connection_id, request_id)
        except IntegrationTimeout:
            answer = frames.error_frame(frames.TIMED_OUT, peer.connection_id, request_id)
        except (FunctionError, Malformed):
            # Also on a one-way route (laconiajs/laconia#41).
            answer = frames.error_frame(
                frames.INTERNAL_SERVER_ERROR, peer.connection_id, request_id
            )
        if answer is not None:
            self._reply(peer, answer)

    async def _answer(self, peer: Peer, text: str, request_id: RequestId) -> str | None:
        routes = self._template.websocket_routes
        key = select_route(self._template.selection_expression, text, routes)
        message_id = ids.message_id(peer.connection_id, self._random)
        event = message_event(peer, key, text, message_id, request_id, self._clock.now())
        payload = await self._invoke(routes[key], event)
        result = checked_result(payload)
        return reply_of(result) if routes[key].two_way else None

    def _reply(self, peer: Peer, answer: str) -> None:
        socket = self._sockets.get(peer.connection_id)
        if socket is not None:
            self.registry.active(peer.connection_id, self._clock.now())
            socket.post(answer.encode("utf-8", "replace"))

    # The end

    def closed(self, peer: Peer, closing: Closing) -> None:
        """The socket is closed: $disconnect runs, and nobody waits for it."""
        self.registry.closed(peer.connection_id)
        self._sockets.pop(peer.connection_id, None)
        if not self._sockets:
            self._all_closed.set()
        if route := self._template.websocket_routes.get("$disconnect"):
            self._tasks.start(self._disconnect(peer, route, closing))

    async def _disconnect(self, peer: Peer, route: WebsocketRoute, closing: Closing) -> None:
        event = disconnect_event(
            peer, closing.code, closing.reason, self._request_id(), self._clock.now()
        )
        try:
            await self._invoke(route, event)
        except (FunctionError, IntegrationTimeout):
            return

    def socket(self, connection: ConnectionId) -> WebSocket:
        """Raises Gone."""
        self.registry.open(connection)
        return self._sockets[connection]

    def close(self, connection: ConnectionId, closing: Closing) -> None:
        """Closes from our side; from now on the connection is Gone. Raises Gone."""
        socket = self.socket(connection)
        self.registry.closed(connection)
        socket.close(closing)

    def close_overdue(self, closing: Closing) -> None:
        for connection in self.registry.overdue(self._clock.now()):
            self._close_quietly(connection, closing)

    async def close_all(self, closing: Closing) -> None:
        """Returns once every peer has answered, or was cut off."""
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

    # Calls

    async def _invoke(self, route: WebsocketRoute, event: Mapping[str, Any]) -> str:
        started = time.perf_counter()
        outcome = "failed"
        try:
            payload = await self._integration.invoke(route.function, event)
            outcome = "done"
            return payload
        except IntegrationTimeout:
            outcome = "timed out"
            raise
        finally:
            ms = (time.perf_counter() - started) * 1000
            logger.info("%s -> %s %s in %.0f ms", route.key, route.function, outcome, ms)

    def _request_id(self) -> RequestId:
        return ids.request_id(self._random)
