"""The authorizers of the HTTP API, of whichever kind a route has one."""

from local_server.authorizers.jwt_http import JwtAuthorizers
from local_server.authorizers.lambda_http import LambdaAuthorizers
from local_server.clock import Clock
from local_server.events import Event
from local_server.events.http import HttpCall
from local_server.integration import Integration
from local_server.template import HttpRoute, JwtAuthorizer


class HttpAuthorizers:
    """`integration` has the authorizers' own timeout."""

    def __init__(self, integration: Integration, clock: Clock, region: str) -> None:
        self._lambdas = LambdaAuthorizers(integration, clock, region)
        self._tokens = JwtAuthorizers(clock)

    async def admit(self, route: HttpRoute, call: HttpCall) -> Event | None:
        """requestContext.authorizer; None for a route that everybody may use. Raises Denied."""
        if route.authorizer is None:
            return None
        if isinstance(route.authorizer, JwtAuthorizer):
            return await self._tokens.admit(route.authorizer, route.scopes, call)
        return await self._lambdas.admit(route.authorizer, call)
