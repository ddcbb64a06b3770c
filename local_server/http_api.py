"""The HTTP API: one route, one function, one response."""

import logging
import time

from local_server import cors, ids
from local_server.authorizers.denial import Denied
from local_server.authorizers.http import HttpAuthorizers
from local_server.environment import HTTP_API_ID
from local_server.errors import EventTooLarge, FunctionError, FunctionThrottled
from local_server.events import Event
from local_server.events.http import HttpCall, RouteMatch, http_event
from local_server.faults import Call
from local_server.integration import Integration, IntegrationTimeout, log_malformed
from local_server.journal import Answered
from local_server.requests import Request
from local_server.responses import (
    INTERNAL_SERVER_ERROR,
    NOT_FOUND,
    SERVICE_UNAVAILABLE,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    Headers,
    Malformed,
    Response,
    http_response,
)
from local_server.routes import NoHttpRoute, match_route
from local_server.shared import Shared
from local_server.template import HttpRoute, Template

logger = logging.getLogger("local_server.http")

INTEGRATION_TIMEOUT_S = 30.0
# Lambda's limit for an event, which is larger still than the body.
PAYLOAD_BYTES = 6 * 1024 * 1024


class HttpApi:
    def __init__(
        self,
        template: Template,
        integration: Integration,
        authorizers: HttpAuthorizers,
        shared: Shared,
    ) -> None:
        self._template = template
        self._integration = integration
        self._authorizers = authorizers
        self._throttle = shared.throttle
        self._clock = shared.clock
        self._random = shared.random_bytes
        self._journal = shared.journal

    def has_route(self, request: Request) -> bool:
        try:
            match_route(self._template.http_routes, request.method, request.path)
        except NoHttpRoute:
            return False
        return True

    async def handle(self, request: Request) -> Response:
        """Never raises: what goes wrong is a response, with CORS headers like any other."""
        rules = self._template.cors
        if rules is None:
            return await self._route(request)
        if cors.is_preflight(request) and not self._is_guarded_catch_all(request):
            return cors.preflight(rules, request).plus(self._identified())
        return cors.with_cors(rules, request, await self._route(request))

    def _is_guarded_catch_all(self, request: Request) -> bool:
        """$default takes OPTIONS too, and its authorizer asks preflights for what they never have.

        docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
        """
        try:
            route, _ = match_route(self._template.http_routes, request.method, request.path)
        except NoHttpRoute:
            return False
        return route.key == "$default" and route.authorizer is not None

    async def _route(self, request: Request) -> Response:
        try:
            route, match = match_route(self._template.http_routes, request.method, request.path)
        except NoHttpRoute:
            return NOT_FOUND.plus(self._identified())
        if not self._throttle.admits_request(self._clock.now()):
            return TOO_MANY_REQUESTS.plus(self._identified())
        started = time.perf_counter()
        call = self._call(request, match)
        response = await self._answer(route, call)
        ms = (time.perf_counter() - started) * 1000
        logger.info("%s -> %s %d in %.0f ms", route.key, route.function, response.status, ms)
        if self._journal.is_detailed:
            self._journal.add(
                Answered(
                    self._clock.now(), call.request_id, request.method, request.path,
                    route.function, response.status, ms,
                )
            )  # fmt: skip
        return response.plus((("Apigw-Requestid", call.request_id),))

    def _call(self, request: Request, match: RouteMatch) -> HttpCall:
        now = self._clock.now()
        return HttpCall(
            request=request,
            match=match,
            api_id=HTTP_API_ID,
            request_id=ids.request_id(self._random),
            now=now,
            trace=ids.trace_id(now, self._random),
        )

    async def _answer(self, route: HttpRoute, call: HttpCall) -> Response:
        try:
            granted = await self._authorizers.admit(route, call)
        except Denied as denial:
            logger.info("%s is denied: %s", route.key, denial.reason)
            return denial.response
        if len(call.request.body) > PAYLOAD_BYTES:
            return TOO_LARGE
        return await self._invoke(route, call, granted)

    async def _invoke(self, route: HttpRoute, call: HttpCall, granted: Event | None) -> Response:
        try:
            payload = await self._integration.invoke(
                route.function,
                http_event(call, granted),
                call=Call(route=route.key, function=route.function),
            )
        except (FunctionThrottled, IntegrationTimeout):
            return SERVICE_UNAVAILABLE
        except EventTooLarge:
            return TOO_LARGE
        except FunctionError:
            return INTERNAL_SERVER_ERROR
        try:
            return http_response(payload)
        except Malformed as error:
            log_malformed(logger, route.key, route.function, error)
            return INTERNAL_SERVER_ERROR

    def _identified(self) -> Headers:
        return (("Apigw-Requestid", ids.request_id(self._random)),)
