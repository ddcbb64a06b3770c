"""The HTTP API: one route, one function, one response."""

import logging
import time

from local_server import cors, ids
from local_server.clock import Clock
from local_server.environment import HTTP_API_ID
from local_server.errors import FunctionError
from local_server.events.http import RouteMatch, http_event
from local_server.ids import RandomBytes
from local_server.integration import Integration, IntegrationTimeout
from local_server.requests import Request
from local_server.responses import (
    INTERNAL_SERVER_ERROR,
    NOT_FOUND,
    SERVICE_UNAVAILABLE,
    TOO_LARGE,
    Response,
    http_response,
)
from local_server.routes import NoHttpRoute, match_route
from local_server.template import HttpRoute, Template

logger = logging.getLogger("local_server.http")

INTEGRATION_TIMEOUT_S = 30.0
# Lambda's limit for a synchronous call, both ways.
PAYLOAD_BYTES = 6 * 1024 * 1024


class HttpApi:
    def __init__(
        self, template: Template, integration: Integration, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        self._template = template
        self._integration = integration
        self._clock = clock
        self._random = random_bytes

    def has_route(self, request: Request) -> bool:
        try:
            match_route(self._template.http_routes, request.method, request.path)
        except NoHttpRoute:
            return False
        return True

    async def handle(self, request: Request) -> Response:
        """Never raises: what goes wrong is a response, with CORS headers like any other."""
        rules = self._template.cors
        if rules is not None and cors.is_preflight(request):
            return self._identified(cors.preflight(rules, request))
        response = await self._route(request)
        return cors.with_cors(rules, request, response) if rules is not None else response

    async def _route(self, request: Request) -> Response:
        try:
            route, match = match_route(self._template.http_routes, request.method, request.path)
        except NoHttpRoute:
            return self._identified(NOT_FOUND)
        if len(request.body) > PAYLOAD_BYTES:
            return self._identified(TOO_LARGE)
        started = time.perf_counter()
        response = await self._invoke(request, route, match)
        ms = (time.perf_counter() - started) * 1000
        logger.info("%s -> %s %d in %.0f ms", route.key, route.function, response.status, ms)
        return response

    async def _invoke(self, request: Request, route: HttpRoute, match: RouteMatch) -> Response:
        now = self._clock.now()
        request_id = ids.request_id(self._random)
        trace = ids.trace_id(now, self._random)
        event = http_event(request, match, HTTP_API_ID, request_id, now, trace)
        try:
            payload = await self._integration.invoke(route.function, event)
        except IntegrationTimeout:
            return self._identified(SERVICE_UNAVAILABLE)
        except FunctionError:
            return self._identified(INTERNAL_SERVER_ERROR)
        if len(payload) > PAYLOAD_BYTES:
            return self._identified(INTERNAL_SERVER_ERROR)
        return http_response(payload, request_id)

    def _identified(self, response: Response) -> Response:
        return response.plus((("Apigw-Requestid", ids.request_id(self._random)),))
