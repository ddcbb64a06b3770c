"""The authorizer of $connect: a Lambda function that is asked at every upgrade, never cached."""

from collections.abc import Mapping
from typing import Any

from local_server.authorizers.denial import FORBIDDEN, UNAUTHORIZED, WEBSOCKET_ERROR, Denied
from local_server.authorizers.identity import MissingIdentity, identity_of, shown_by_upgrade
from local_server.authorizers.results import MalformedResult, Policy, read_policy
from local_server.clock import Clock
from local_server.errors import FunctionError, FunctionRaised
from local_server.events import Event
from local_server.events.authorizer import connect_arn, connect_authorizer_event
from local_server.events.websocket import Peer
from local_server.integration import Integration, IntegrationTimeout
from local_server.template import FunctionName, WebsocketAuthorizer

# Developer guide, apigateway-execution-service-websocket-limits-table.
RESULT_BYTES = 8 * 1024


class ConnectAuthorizer:
    def __init__(self, integration: Integration, clock: Clock, region: str) -> None:
        self._integration = integration
        self._clock = clock
        self._region = region

    async def admit(self, authorizer: WebsocketAuthorizer, peer: Peer, connect: Event) -> Event:
        """What every event of the connection says of its authorizer. Raises Denied.

        `connect` is what $connect would be shown without an authorizer.
        """
        arn = connect_arn(peer, self._region)
        event = connect_authorizer_event(connect, arn, peer)
        try:
            identity_of(authorizer.identity_sources, shown_by_upgrade(event))
        except MissingIdentity as error:
            raise Denied(UNAUTHORIZED, str(error)) from error
        started = self._clock.now()
        payload = await self._ask(authorizer.function, event)
        latency = self._clock.now() - started
        policy = _allowed(payload, arn)
        context = _stringified(policy.context or {})
        return {"principalId": policy.principal, "integrationLatency": latency, **context}

    async def _ask(self, function: FunctionName, event: Event) -> str:
        try:
            return await self._integration.invoke(function, event)
        except FunctionRaised as error:
            if error.message == "Unauthorized":
                raise Denied(UNAUTHORIZED, f"{function} raised Unauthorized") from error
            raise Denied(WEBSOCKET_ERROR, f"{function} raised") from error
        except (FunctionError, IntegrationTimeout) as error:
            raise Denied(WEBSOCKET_ERROR, f"{function} did not answer") from error


def _allowed(payload: str, arn: str) -> Policy:
    try:
        if len(payload.encode("utf-8", "replace")) > RESULT_BYTES:
            raise MalformedResult("the result is larger than 8 KB")
        policy = read_policy(payload)
        _refuse_nested(policy.context or {})
        allowed = policy.allows(arn)
    except MalformedResult as error:
        raise Denied(WEBSOCKET_ERROR, str(error)) from error
    if not allowed:
        raise Denied(FORBIDDEN, f"the policy does not allow {arn}")
    return policy


def _refuse_nested(context: Mapping[str, Any]) -> None:
    if any(isinstance(value, dict | list) for value in context.values()):
        raise MalformedResult("context holds more than texts, numbers, true and false")


def _stringified(context: Mapping[str, Any]) -> dict[str, str]:
    """1 is "1" and true is "true". What becomes of null is not known: it is left out."""
    return {key: _text(value) for key, value in context.items() if value is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
