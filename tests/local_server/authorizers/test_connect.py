"""An authorizer before $connect, through real sockets and real workers."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from local_server.testing import Running

ARN = "arn:aws:execute-api:eu-west-3:000000000000:localwsapi/local/$connect"


def url(service: Running, **query: str) -> str:
    pairs = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return f"{service.websocket_url}?{pairs}"


async def refused(address: str, **options: Any) -> tuple[int, bytes]:
    with pytest.raises(InvalidStatus) as refusal:
        await connect(address, **options)
    response = refusal.value.response
    return response.status_code, bytes(response.body or b"")


async def context_of(socket: ClientConnection) -> Any:
    await socket.send("{}")
    return json.loads(await socket.recv())["requestContext"]


@asynccontextmanager
async def observing(service: Running) -> AsyncIterator[tuple[ClientConnection, str]]:
    """A connection to which the others' $connect and $disconnect are shown."""
    async with connect(url(service, auth="Allow")) as observer:
        yield observer, (await context_of(observer))["connectionId"]


async def test_the_authorizer_sees_the_upgrade_itself__3_3(service: Running) -> None:
    address = url(service, auth="Allow", extra="a b")
    async with connect(address, additional_headers={"X-Mine": "1"}, user_agent_header=None) as it:
        seen = json.loads((await context_of(it))["authorizer"]["seen"])
    assert (seen["type"], seen["methodArn"]) == ("REQUEST", ARN)
    assert seen["queryStringParameters"] == {"auth": "Allow", "extra": "a b"}
    assert seen["headers"]["X-Mine"] == "1"
    assert seen["headers"]["Connection"] == "upgrade"
    assert seen["headers"]["Upgrade"] == "websocket"
    assert seen["headers"]["content-length"] == "0"
    assert seen["stageVariables"] == {}
    assert seen["requestContext"]["eventType"] == "CONNECT"
    assert not {"body", "isBase64Encoded", "pathParameters"} & seen.keys()


async def test_every_event_of_the_connection_says_what_was_granted__3_1_13(
    service: Running,
) -> None:
    async with observing(service) as (observer, identifier):
        async with connect(url(service, auth="Allow", observer=identifier)) as socket:
            connected = json.loads(await observer.recv())["requestContext"]
            first, second = await context_of(socket), await context_of(socket)
        disconnected = json.loads(await observer.recv())["requestContext"]
    kinds = [event["eventType"] for event in (connected, first, disconnected)]
    assert kinds == ["CONNECT", "MESSAGE", "DISCONNECT"]
    granted = connected["authorizer"]
    assert granted["principalId"] == "somebody"
    assert (granted["number"], granted["truth"], granted["half"]) == ("1", "true", "0.5")
    assert isinstance(granted["integrationLatency"], int)
    assert first["authorizer"] == second["authorizer"] == disconnected["authorizer"] == granted


async def test_the_authorizer_and_connect_hear_of_the_same_request(service: Running) -> None:
    async with (
        observing(service) as (observer, identifier),
        connect(url(service, auth="Allow", observer=identifier)),
    ):
        connected = json.loads(await observer.recv())
    seen = json.loads(connected["requestContext"].pop("authorizer")["seen"])
    assert seen["requestContext"] == connected["requestContext"]
    assert seen["headers"]["X-Amzn-Trace-Id"] == connected["headers"]["X-Amzn-Trace-Id"]


@pytest.mark.parametrize("query", [{}, {"auth": ""}, {"Auth": "Allow"}])
async def test_an_upgrade_without_an_identity_is_a_401__1_3_3(
    service: Running, query: dict[str, str]
) -> None:
    assert await refused(url(service, **query)) == (401, b'{"message":"Unauthorized"}')


@pytest.mark.parametrize(
    ("auth", "status", "message"),
    [
        ("unauthorized", 401, "Unauthorized"),
        ("Deny", 403, "Forbidden"),
        ("Allow:arn:aws:execute-api:*:*:*/local/$default", 403, "Forbidden"),
        ("raise", 500, "Internal server error"),
        ("exit", 500, "Internal server error"),
        ("sleep", 500, "Internal server error"),
        ("yes", 500, "Internal server error"),
        ('{"statusCode": 401}', 500, "Internal server error"),
        ("null", 500, "Internal server error"),
    ],
)
async def test_a_refused_upgrade_is_told_little__1_3_4__1_3_5__1_3_6(
    service: Running, auth: str, status: int, message: str
) -> None:
    body = f'{{"message":"{message}"}}'.encode()
    assert await refused(url(service, auth=auth)) == (status, body)


async def test_a_refused_upgrade_runs_neither_connect_nor_disconnect__5_3(
    service: Running,
) -> None:
    async with observing(service) as (observer, identifier):
        await refused(url(service, auth="Deny", observer=identifier))
        async with connect(url(service, auth="Allow", observer=identifier, later="1")):
            shown = json.loads(await observer.recv())
            assert shown["queryStringParameters"]["later"] == "1"
        assert json.loads(await observer.recv())["requestContext"]["eventType"] == "DISCONNECT"


async def test_messages_are_not_authorized_again__1_3_1(service: Running) -> None:
    """The policy speaks of $connect alone, and every route may be used all the same."""
    async with connect(url(service, auth=f"Allow:{ARN}")) as socket:
        context = await context_of(socket)
    assert context["routeKey"] == "$default"


async def test_every_upgrade_asks_anew__1_3_7(service: Running) -> None:
    invocations = set()
    for _ in range(2):
        async with connect(url(service, auth="Allow")) as socket:
            invocations.add((await context_of(socket))["authorizer"]["invocation"])
    assert len(invocations) == 2
