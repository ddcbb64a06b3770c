"""Lambda authorizers of the HTTP API, with a function that does what a test tells it to."""

import asyncio
import json
from typing import Any

import pytest

from local_server.authorizers.denial import Denied
from local_server.authorizers.lambda_http import AUTHORIZER_TIMEOUT_S, LambdaAuthorizers
from local_server.clock import Clock
from local_server.errors import FunctionCrashed, FunctionRaised, FunctionTimedOut
from local_server.events import Event
from local_server.template import IdentitySource, LambdaAuthorizer, SourceKind
from tests.local_server.authorizers.calls import API, GUARD, REGION, Asked, http_call, policy

KEY = IdentitySource(SourceKind.HEADER, "X-Key")
PLAIN = LambdaAuthorizer("plain", GUARD, (KEY,), simple=True)
POLICIES = LambdaAuthorizer("policies", GUARD, (KEY,))
OLD = LambdaAuthorizer("old", GUARD, (KEY,), payload="1.0")
KEPT = LambdaAuthorizer("kept", GUARD, (KEY,), ttl_s=60)
ARN = f"{API}/$default/GET/things/1"


class Door:
    """Authorizers in front of one function."""

    def __init__(self, answer: Any = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.asked = Asked(answer if callable(answer) else lambda _: answer)
        integration = self.asked.integration(self.clock, AUTHORIZER_TIMEOUT_S)
        self._authorizers = LambdaAuthorizers(integration, self.clock, REGION)

    async def enter(self, authorizer: LambdaAuthorizer, key: str = "k", **call: Any) -> Event:
        headers = (("X-Key", key),) if key else ()
        return await self._authorizers.admit(authorizer, http_call(*headers, **call))

    async def refuses(self, authorizer: LambdaAuthorizer, **call: Any) -> tuple[int, bytes]:
        with pytest.raises(Denied) as denial:
            await self.enter(authorizer, **call)
        return denial.value.response.status, denial.value.response.body


FORBIDDEN = (403, b'{"message":"Forbidden"}')
ERROR = (500, b'{"message":"Internal Server Error"}')


async def test_a_context_keeps_its_types__6_1() -> None:
    context = {"text": "a", "number": 1, "truth": True, "list": ["a"], "map": {"b": None}}
    for authorizer, result in (
        (PLAIN, {"isAuthorized": True, "context": context}),
        (POLICIES, policy(resource=ARN, context=context)),
        (OLD, policy(resource=ARN, context=context)),
    ):
        assert await Door(result).enter(authorizer) == {"lambda": context}


async def test_without_a_context_there_is_null() -> None:
    assert await Door({"isAuthorized": True}).enter(PLAIN) == {"lambda": None}
    assert await Door(policy()).enter(POLICIES) == {"lambda": None}


async def test_a_missing_identity_is_a_401_and_nobody_is_asked__6_3_5() -> None:
    door = Door({"isAuthorized": True})
    assert await door.refuses(PLAIN, key="") == (401, b'{"message":"Unauthorized"}')
    assert door.asked.events == []


async def test_without_identity_sources_the_function_is_always_asked() -> None:
    door = Door({"isAuthorized": True})
    await door.enter(LambdaAuthorizer("all", GUARD, simple=True), key="")
    assert door.asked.events[0]["identitySource"] is None


@pytest.mark.parametrize(
    ("authorizer", "result"),
    [
        (PLAIN, {"isAuthorized": False}),
        (POLICIES, policy("Deny")),
        (POLICIES, policy(resource=f"{API}/$default/GET/things/2")),
        (OLD, policy("Deny", ARN)),
    ],
)
async def test_a_deny_is_a_403__6_3_6(authorizer: LambdaAuthorizer, result: Any) -> None:
    assert await Door(result).refuses(authorizer) == FORBIDDEN


@pytest.mark.parametrize(
    ("authorizer", "result"),
    [
        (PLAIN, FunctionRaised("Exception", "Unauthorized")),
        (PLAIN, FunctionTimedOut("Sandbox.Timedout", "x")),
        (PLAIN, FunctionCrashed("Runtime.ExitError", "x")),
        (PLAIN, None),
        (PLAIN, {"isAuthorized": "true"}),
        (PLAIN, policy()),
        (POLICIES, {"isAuthorized": True}),
        (POLICIES, {"principalId": "a", "policyDocument": {"Statement": [{}]}}),
        (OLD, {"isAuthorized": True}),
    ],
)
async def test_a_bad_format_or_an_exception_is_a_500__6_3_7(
    authorizer: LambdaAuthorizer, result: Any
) -> None:
    assert await Door(result).refuses(authorizer) == ERROR


async def test_ten_seconds_without_an_answer_are_a_500__6_3_7__6_6() -> None:
    door = Door(lambda _: asyncio.Event())
    waiting = asyncio.create_task(door.refuses(PLAIN))
    while not door.asked.events:
        await asyncio.sleep(0)
    door.clock.advance(9.9)
    await asyncio.sleep(0)
    assert not waiting.done()
    door.clock.advance(0.1)
    assert await waiting == ERROR


async def test_each_payload_format_has_its_event__6_4() -> None:
    door = Door(policy())
    await door.enter(POLICIES, "a")
    await door.enter(OLD, "a")
    new, old = door.asked.events
    assert (new["version"], new["routeArn"], new["identitySource"]) == ("2.0", ARN, ["a"])
    assert (old["version"], old["methodArn"], old["identitySource"]) == ("1.0", ARN, "a")


# Kept results


async def test_a_result_is_kept_by_identity_for_its_ttl__6_4() -> None:
    door = Door(policy(context={"a": 1}))
    for key in ("k", "k", "other"):
        assert await door.enter(KEPT, key) == {"lambda": {"a": 1}}
    assert len(door.asked.events) == 2
    door.clock.advance(60)
    await door.enter(KEPT)
    assert len(door.asked.events) == 3


async def test_a_ttl_of_zero_keeps_nothing__6_4() -> None:
    door = Door({"isAuthorized": True})
    await door.enter(PLAIN)
    await door.enter(PLAIN)
    assert len(door.asked.events) == 2


async def test_a_denial_is_kept_too() -> None:
    door = Door(policy("Deny"))
    assert await door.refuses(KEPT) == FORBIDDEN
    assert await door.refuses(KEPT) == FORBIDDEN
    assert len(door.asked.events) == 1


async def test_what_is_malformed_or_raises_is_not_kept() -> None:
    for bad in ({}, policy(context=[]), FunctionRaised("Exception", "x")):
        results = [bad, policy()]
        door = Door(lambda _, left=results: left.pop(0))
        assert await door.refuses(KEPT) == ERROR
        assert await door.enter(KEPT)


async def test_a_kept_policy_is_asked_anew_for_every_route() -> None:
    """It may well deny the second route; that is why policies there use wildcards."""
    door = Door(policy(resource=ARN))
    assert await door.enter(KEPT)
    assert await door.refuses(KEPT, path="/things/2") == FORBIDDEN
    assert len(door.asked.events) == 1


async def test_the_route_key_as_an_identity_source_keeps_results_apart__6_4() -> None:
    source = IdentitySource(SourceKind.CONTEXT, "routeKey")
    by_route = LambdaAuthorizer("by route", GUARD, (KEY, source), ttl_s=60)
    door = Door(lambda event: policy(resource=event["routeArn"]))
    for path, route in (("/a", "GET /a"), ("/b", "GET /b"), ("/a", "GET /a")):
        assert await door.enter(by_route, path=path, route=route)
    assert [event["identitySource"] for event in door.asked.events] == [
        ["k", "GET /a"],
        ["k", "GET /b"],
    ]


async def test_authorizers_do_not_share_results() -> None:
    door = Door(policy())
    await door.enter(KEPT)
    await door.enter(LambdaAuthorizer("another", GUARD, (KEY,), ttl_s=60))
    assert len(door.asked.events) == 2


async def test_no_reason_tells_what_was_sent_or_answered() -> None:
    for result in ({"secret": 1}, policy("Deny", "secret"), FunctionRaised("E", "secret")):
        with pytest.raises(Denied) as denial:
            await Door(
                json.loads(json.dumps(result)) if isinstance(result, dict) else result
            ).enter(POLICIES, "secret")
        assert "secret" not in denial.value.reason
