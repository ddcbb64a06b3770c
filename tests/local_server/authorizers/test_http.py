"""Which authorizer a route has."""

import pytest

from local_server.authorizers.denial import Denied
from local_server.authorizers.http import HttpAuthorizers
from local_server.clock import Clock
from local_server.template import (
    FunctionName,
    HttpRoute,
    IdentitySource,
    JwtAuthorizer,
    LambdaAuthorizer,
    SourceKind,
)
from tests.local_server.authorizers.calls import GUARD, REGION, Asked, http_call

HEADER = IdentitySource(SourceKind.HEADER, "Authorization")
SHOW = FunctionName("show")


async def test_every_route_is_asked_for_by_its_own_authorizer() -> None:
    clock, asked = Clock(), Asked(lambda _: {"isAuthorized": True, "context": {"a": 1}})
    authorizers = HttpAuthorizers(asked.integration(clock), clock, REGION)
    plain = LambdaAuthorizer("plain", GUARD, simple=True)
    tokens = JwtAuthorizer("tokens", HEADER, "https://issuer.example.com", ("rooms",))
    assert await authorizers.admit(HttpRoute("GET", "/a", SHOW), http_call()) is None
    assert asked.events == []
    route = HttpRoute("GET", "/b", SHOW, plain)
    assert await authorizers.admit(route, http_call()) == {"lambda": {"a": 1}}
    with pytest.raises(Denied, match="there is no token"):
        await authorizers.admit(HttpRoute("GET", "/c", SHOW, tokens), http_call())
