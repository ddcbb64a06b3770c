"""Lambda authorizers of the HTTP API: asked once for an identity, as long as the answer keeps."""

from local_server.authorizers.cache import ResultCache
from local_server.authorizers.denial import (
    FORBIDDEN,
    INTERNAL_SERVER_ERROR,
    UNAUTHORIZED,
    Denied,
)
from local_server.authorizers.identity import MissingIdentity, identity_of, shown_by_request
from local_server.authorizers.results import (
    MalformedResult,
    Policy,
    Verdict,
    read_policy,
    read_verdict,
)
from local_server.clock import Clock
from local_server.errors import FunctionError
from local_server.events import Event
from local_server.events.authorizer import (
    http_authorizer_event,
    rest_authorizer_event,
    route_arn,
)
from local_server.events.http import HttpCall, http_event
from local_server.integration import Integration, IntegrationTimeout
from local_server.template import LambdaAuthorizer

# docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
AUTHORIZER_TIMEOUT_S = 10.0


class LambdaAuthorizers:
    """`integration` has the authorizers' own timeout."""

    def __init__(self, integration: Integration, clock: Clock, region: str) -> None:
        self._integration = integration
        self._region = region
        self._results: ResultCache[Policy | Verdict] = ResultCache(clock)

    async def admit(self, authorizer: LambdaAuthorizer, call: HttpCall) -> Event:
        """What the route's event says of the authorizer. Raises Denied."""
        event = http_event(call)
        try:
            identity = identity_of(authorizer.identity_sources, shown_by_request(event))
        except MissingIdentity as error:
            raise Denied(UNAUTHORIZED, str(error)) from error
        arn = route_arn(call, self._region)
        kept = self._results.get((authorizer.name, identity)) if authorizer.ttl_s else None
        try:
            result = kept or await self._ask(
                authorizer,
                rest_authorizer_event(call, arn, identity)
                if authorizer.payload == "1.0"
                else http_authorizer_event(event, arn, identity),
            )
            allowed = result.allows(arn)
        except MalformedResult as error:
            raise Denied(INTERNAL_SERVER_ERROR, f"{authorizer.function}: {error}") from error
        if authorizer.ttl_s and kept is None:
            self._results.put((authorizer.name, identity), result, authorizer.ttl_s)
        if not allowed:
            raise Denied(FORBIDDEN, f"{authorizer.function} does not allow it")
        # null where the function gave no context, as recorded; types are kept.
        return {"lambda": result.context}

    async def _ask(self, authorizer: LambdaAuthorizer, event: Event) -> Policy | Verdict:
        try:
            payload = await self._integration.invoke(authorizer.function, event)
        except (FunctionError, IntegrationTimeout) as error:
            reason = f"{authorizer.function} raised or did not answer"
            raise Denied(INTERNAL_SERVER_ERROR, reason) from error
        return read_verdict(payload) if authorizer.simple else read_policy(payload)
