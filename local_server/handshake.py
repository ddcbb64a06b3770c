"""The handshake: who may come in, by the throttle, the authorizer and $connect itself."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from local_server import frames, ids
from local_server.authorizers.denial import Denied
from local_server.authorizers.websocket import ConnectAuthorizer
from local_server.connect_access import ClientAdmission, admit_every_client
from local_server.errors import FunctionError, FunctionForbidden, FunctionThrottled
from local_server.events.websocket import Peer, connect_event
from local_server.integration import Integration, IntegrationTimeout, log_malformed
from local_server.refusals import Refusal
from local_server.requests import Request
from local_server.responses import Malformed, Response, gateway_error, proxy_response
from local_server.route_invoker import RouteInvoker
from local_server.shared import Shared
from local_server.template import Template, WebsocketRoute
from local_server.twoway import status_of, subprotocol_of

logger = logging.getLogger("local_server.websocket")

CONNECT_FAILED = gateway_error(502, frames.INTERNAL_SERVER_ERROR)
CONNECT_TIMED_OUT = gateway_error(504, frames.TIMED_OUT)
# Lambda did not take the event: observed where the permission was missing
# (terraform-aws-apigateway-v2#8), and a throttled function is such an answer of Lambda's too.
CONNECT_FORBIDDEN = gateway_error(500, frames.INTERNAL_SERVER_ERROR)


@dataclass(frozen=True)
class Accepted:
    peer: Peer
    subprotocol: str | None = None


@dataclass(frozen=True)
class Refused:
    response: Response


class Handshake:
    """Decides about one upgrade after the other."""

    def __init__(
        self,
        template: Template,
        integration: Integration,
        shared: Shared,
        admit: ClientAdmission = admit_every_client,
    ) -> None:
        self._template = template
        self._admit = admit
        self._routes = RouteInvoker(integration)
        self._authorizer = ConnectAuthorizer(integration, shared.clock, template.region)
        self._assumptions = shared.assumptions
        self._clock = shared.clock
        self._random = shared.random_bytes

    async def decide(self, peer: Peer, request: Request) -> Accepted | Refused:
        route = self._template.websocket_routes.get("$connect")
        if route is None:
            return Accepted(peer)
        try:
            peer = replace(peer, known=self._admit(route, request))
        except Refusal as refusal:
            return Refused(refusal.response)
        now = self._clock.now()
        trace = ids.trace_id(now, self._random)
        event = connect_event(peer, request, ids.request_id(self._random), now, trace)
        if route.authorizer is None:
            return await self._run_connect(route, peer, event)
        try:
            granted = await self._authorizer.admit(route.authorizer, peer, event)
        except Denied as denial:
            logger.info("%s is denied: %s", route.key, denial.reason)
            return Refused(denial.response)
        event["requestContext"] = {**event["requestContext"], "authorizer": granted}
        return await self._run_connect(route, replace(peer, authorizer=granted), event)

    async def _run_connect(
        self, route: WebsocketRoute, peer: Peer, event: Mapping[str, Any]
    ) -> Accepted | Refused:
        try:
            result = json.loads(await self._routes.invoke(route, event))
            status = status_of(result)
            if 200 <= status < 300:
                return Accepted(peer, subprotocol_of(result))
            return Refused(self._refusal(status, result))
        except (FunctionForbidden, FunctionThrottled):
            return Refused(CONNECT_FORBIDDEN)
        except FunctionError:
            return Refused(CONNECT_FAILED)
        except Malformed as error:
            log_malformed(logger, route.key, route.target, error)
            return Refused(CONNECT_FAILED)
        except IntegrationTimeout:
            return Refused(CONNECT_TIMED_OUT)

    def _refusal(self, status: int, result: dict[str, Any]) -> Response:
        if not self._assumptions.refusal_has_body:
            return Response(status)
        return replace(proxy_response(result), status=status)
