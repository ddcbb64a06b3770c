"""What $connect may want of a client before anything runs: a signature, an API key."""

from collections.abc import Callable

from local_server.api_keys import ApiKeys
from local_server.callers import Caller, Callers
from local_server.requests import Request
from local_server.template import WebsocketRoute

# What `identity` says of the client then. Raises Refusal.
ClientAdmission = Callable[[WebsocketRoute, Request], dict[str, str]]


def admit_every_client(route: WebsocketRoute, request: Request) -> dict[str, str]:
    return {}


class ConnectAccess:
    def __init__(self, callers: Callers, keys: ApiKeys, stage: str) -> None:
        self._callers = callers
        self._keys = keys
        self._stage = stage

    def admit(self, route: WebsocketRoute, request: Request) -> dict[str, str]:
        """What `identity` says of the client, if anything. Raises Refusal."""
        known: dict[str, str] = {}
        if route.wants_signature:
            caller = self._callers.admit_to_upgrade(request, f"{self._stage}/{route.key}")
            known |= _identity(caller)
        if route.wants_api_key:
            key = self._keys.admit(request.header("x-api-key"))
            known |= {"apiKey": key.value, "apiKeyId": key.id}
        return known


def _identity(caller: Caller) -> dict[str, str]:
    """Developer guide, api-gateway-mapping-template-reference: $context.identity."""
    return {
        "accountId": caller.arn.split(":")[4],
        "caller": caller.principal,
        "user": caller.principal,
        "userArn": caller.arn,
    }
