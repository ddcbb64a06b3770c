"""Messages: a route for each, and the frame that answers it, if any."""

import logging

from local_server import frames, ids
from local_server.errors import FunctionError
from local_server.events.websocket import Peer, message_event
from local_server.ids import RequestId
from local_server.integration import Integration, IntegrationTimeout, log_malformed
from local_server.responses import Malformed
from local_server.route_invoker import RouteInvoker
from local_server.selection import NoRoute, select_route
from local_server.shared import Shared
from local_server.template import Template
from local_server.twoway import checked_result, reply_of

logger = logging.getLogger("local_server.websocket")


class Throttled(Exception):
    """The account, the stage or the route has had enough for now."""


class Messages:
    def __init__(self, template: Template, integration: Integration, shared: Shared) -> None:
        self._template = template
        self._routes = RouteInvoker(integration)
        self._assumptions = shared.assumptions
        self._throttle = shared.throttle
        self._clock = shared.clock
        self._random = shared.random_bytes

    async def answer(self, peer: Peer, text: str) -> str | None:
        """What goes back to the client; what goes wrong is a frame as well."""
        request_id = ids.request_id(self._random)
        try:
            return await self._answer(peer, text, request_id)
        except Throttled:
            return self._throttled(peer, request_id)
        except NoRoute:
            error = frames.FORBIDDEN
        except IntegrationTimeout:
            error = frames.TIMED_OUT
        except (FunctionError, Malformed):
            # Also on a one-way route (laconiajs/laconia#41).
            error = frames.INTERNAL_SERVER_ERROR
        return frames.error_frame(error, peer.connection_id, request_id)

    async def _answer(self, peer: Peer, text: str, request_id: RequestId) -> str | None:
        routes = self._template.websocket_routes
        key = select_route(self._template.selection_expression, text, routes)
        if not self._throttle.admits_message(self._clock.now(), key):
            raise Throttled(key)
        message_id = ids.message_id(peer.connection_id, self._random)
        event = message_event(peer, key, text, message_id, request_id, self._clock.now())
        if not text and self._assumptions.empty_body == "absent":
            del event["body"]
        if (models := routes[key].models) and not models.accept(text):
            return frames.bad_request_frame(peer.connection_id, message_id)
        try:
            result = checked_result(await self._routes.invoke(routes[key], event))
            return reply_of(result) if routes[key].two_way else None
        except Malformed as error:
            log_malformed(logger, key, routes[key].target, error)
            raise

    def _throttled(self, peer: Peer, request_id: RequestId) -> str | None:
        if not self._assumptions.throttled_frame:
            return None
        return frames.error_frame(frames.TOO_MANY_REQUESTS, peer.connection_id, request_id)
