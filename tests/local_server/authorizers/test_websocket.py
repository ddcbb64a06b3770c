"""The authorizer of $connect, with a function that does what a test tells it to."""

import asyncio
import json
from typing import Any

import pytest

from local_server.authorizers.denial import Denied
from local_server.authorizers.websocket import RESULT_BYTES, ConnectAuthorizer
from local_server.clock import Clock
from local_server.errors import FunctionCrashed, FunctionError, FunctionRaised, FunctionTimedOut
from local_server.events import Event
from local_server.template import IdentitySource, SourceKind, WebsocketAuthorizer
from tests.local_server.authorizers.calls import (
    API,
    GUARD,
    REGION,
    Asked,
    connect,
    peer,
    policy,
)

TOKEN = IdentitySource(SourceKind.QUERY, "token")
HEADER = IdentitySource(SourceKind.HEADER, "Auth")
AUTHORIZER = WebsocketAuthorizer(GUARD, (TOKEN,))
ARN = f"{API}/dev/$connect"


async def admit(
    asked: Asked,
    *headers: tuple[str, str],
    query: str = "token=t",
    authorizer: WebsocketAuthorizer = AUTHORIZER,
    clock: Clock | None = None,
) -> Event:
    clock = clock or Clock()
    guard = ConnectAuthorizer(asked.integration(clock, 29), clock, REGION)
    return await guard.admit(authorizer, peer(), connect(*headers, query=query))


async def denied(answer: Any, **options: Any) -> Denied:
    with pytest.raises(Denied) as denial:
        await admit(Asked(lambda _: answer), **options)
    return denial.value


async def test_what_is_granted_is_all_texts_but_the_latency__3_1_13() -> None:
    context = {"text": "a", "number": 1, "half": 0.5, "yes": True, "no": False, "nothing": None}
    granted = await admit(Asked(lambda _: policy(resource=ARN, context=context)))
    assert isinstance(granted.pop("integrationLatency"), int)
    assert granted == {
        "principalId": "somebody",
        "text": "a",
        "number": "1",
        "half": "0.5",
        "yes": "true",
        "no": "false",
    }


async def test_the_latency_is_the_functions_in_milliseconds__3_1_13() -> None:
    clock = Clock(lambda: 0)

    def answer(_: Event) -> Any:
        clock.advance(0.25)
        return policy()

    assert (await admit(Asked(answer), clock=clock))["integrationLatency"] == 250


async def test_a_missing_identity_is_a_401_and_nobody_is_asked__1_3_3() -> None:
    asked = Asked(lambda _: policy())
    both = WebsocketAuthorizer(GUARD, (TOKEN, HEADER))
    for query, headers in (
        ("", (("Auth", "a"),)),
        ("token=", (("Auth", "a"),)),
        ("token=t", ()),
        ("token=t", (("Auth", ""),)),
    ):
        with pytest.raises(Denied) as denial:
            await admit(asked, *headers, query=query, authorizer=both)
        assert denial.value.response.status == 401
        assert denial.value.response.body == b'{"message":"Unauthorized"}'
    assert asked.events == []


async def test_without_identity_sources_the_function_is_always_asked() -> None:
    asked = Asked(lambda _: policy())
    await admit(asked, query="", authorizer=WebsocketAuthorizer(GUARD, ()))
    assert len(asked.events) == 1


async def test_raising_exactly_unauthorized_is_a_401__1_3_4() -> None:
    denial = await denied(FunctionRaised("Exception", "Unauthorized"))
    assert denial.response.status == 401
    assert denial.response.body == b'{"message":"Unauthorized"}'


@pytest.mark.parametrize(
    "resource",
    [ARN, "*", f"{API}/*", f"{API}/*/$connect", "arn:aws:execute-api:*:*:*", [ARN, "nothing"]],
)
async def test_an_allow_that_fits_admits__1_3_5(resource: Any) -> None:
    assert await admit(Asked(lambda _: policy(resource=resource)))


@pytest.mark.parametrize(
    "result",
    [
        policy("Deny", ARN),
        policy("Deny", "*"),
        policy(resource=ARN.replace("dev", "prod")),
        policy(resource=f"{API}/dev/$default"),
        # What powertools' allow_all_routes() makes (powertools-lambda-python#5800).
        policy(resource=f"{API}/dev/*/*"),
        {**policy(), "policyDocument": {"Statement": []}},
    ],
)
async def test_a_deny_or_another_arn_is_a_403__1_3_5(result: Any) -> None:
    denial = await denied(result)
    assert denial.response.status == 403
    assert denial.response.body == b'{"message":"Forbidden"}'


@pytest.mark.parametrize(
    "result",
    [
        FunctionRaised("Exception", "unauthorized"),
        FunctionRaised("Exception", "Unauthorized: expired"),
        FunctionRaised("Unauthorized", ""),
        FunctionTimedOut("Sandbox.Timedout", "Unauthorized"),
        FunctionCrashed("Runtime.ExitError", "Unauthorized"),
        None,
        "Unauthorized",
        {"statusCode": 401},
        {"isAuthorized": True},
        {"policyDocument": policy()["policyDocument"]},
        {"principalId": "a"},
        {**policy(), "policyDocument": {"Statement": [{"Effect": "Allow"}]}},
        policy(context={"nested": {"a": 1}}),
        policy(context={"nested": ["a"]}),
        policy(context="text"),
    ],
)
async def test_whatever_else_a_function_does_is_a_500__1_3_6(result: FunctionError | Any) -> None:
    denial = await denied(json.dumps(result) if isinstance(result, str) else result)
    assert denial.response.status == 500
    assert denial.response.body == b'{"message":"Internal server error"}'


async def test_a_function_that_does_not_answer_in_time_is_a_500__1_3_6() -> None:
    clock = Clock()
    asked = Asked(lambda _: asyncio.Event())
    waiting = asyncio.create_task(admit(asked, clock=clock))
    while not asked.events:
        await asyncio.sleep(0)
    clock.advance(29)
    with pytest.raises(Denied) as denial:
        await waiting
    assert denial.value.response.status == 500


async def test_nothing_is_cached__1_3_7() -> None:
    clock, asked = Clock(), Asked(lambda _: policy())
    guard = ConnectAuthorizer(asked.integration(clock), clock, REGION)
    for _ in range(2):
        await guard.admit(AUTHORIZER, peer(), connect(query="token=t"))
    assert len(asked.events) == 2


async def test_a_result_above_8_kb_is_a_500__1_3_8() -> None:
    short = json.dumps(policy(context={"long": ""}))
    room = RESULT_BYTES - len(short)
    assert await admit(Asked(lambda _: json.dumps(policy(context={"long": "x" * room}))))
    too_long = json.dumps(policy(context={"long": "x" * (room + 1)}))
    assert (await denied(too_long)).response.status == 500


async def test_no_reason_tells_what_was_sent_or_answered() -> None:
    for answer in (policy("Deny"), {"principalId": "secret"}, policy(context={"a": {"secret": 1}})):
        denial = await denied(answer, query="token=secret")
        assert "secret" not in denial.reason
