"""A test's end of a socket, against a real emulator."""

from collections.abc import AsyncIterator

import pytest
from websockets.exceptions import ConnectionClosed

from local_server.testing import ClientSocket, Refused, RunningInThread
from tests.local_server.conftest import connection_id_of


@pytest.fixture
async def client(sample: RunningInThread) -> AsyncIterator[ClientSocket]:
    async with await sample.connect() as socket:
        yield socket


async def test_it_knows_the_gateways_id_of_itself(client: ClientSocket) -> None:
    assert client.connection_id == await connection_id_of(client.connection)


async def test_json_and_text_are_sent_and_received(client: ClientSocket) -> None:
    await client.send({"kind": "ask", "say": "héllo"})
    assert await client.receive_text() == "héllo"
    await client.send('{"kind": "ask"}')
    assert (await client.receive())["requestContext"]["routeKey"] == "ask"


async def test_its_frames_are_those_the_gateway_saw(client: ClientSocket) -> None:
    await client.send({"kind": "ask", "say": "heard"})
    await client.receive_text()
    assert [(frame.direction, frame.text) for frame in client.frames] == [
        ("in", '{"kind": "ask", "say": "heard"}'),
        ("out", "heard"),
    ]


async def test_the_end_is_waited_for_and_named(client: ClientSocket) -> None:
    await client.send({"kind": "ask"})
    await client.send(b"binary")
    assert await client.closed() == (1003, "")
    with pytest.raises(ConnectionClosed):
        await client.receive()


async def test_it_can_vanish(sample: RunningInThread) -> None:
    socket = await sample.connect()
    mine = socket.connection_id
    socket.abort()
    assert (await socket.closed())[0] == 1006
    while mine in sample.open_connections:
        await sample.advance(0)


async def test_headers_and_subprotocols_go_along(sample: RunningInThread) -> None:
    result = '{"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "b"}}'
    async with await sample.connect(
        query={"result": result}, headers={"X-Mine": "1"}, subprotocols=["a", "b"]
    ) as socket:
        assert socket.subprotocol == "b"
        mine = socket.connection_id
    (event,) = (
        event
        for event in sample.events
        if event.get("requestContext", {}).get("connectionId") == mine
        and event["requestContext"]["routeKey"] == "$connect"
    )
    assert event["headers"]["X-Mine"] == "1"


async def test_a_refusal_has_its_status_and_body(sample: RunningInThread) -> None:
    with pytest.raises(Refused, match="refused with 502") as refusal:
        await sample.connect(query={"raise": "1"})
    assert refusal.value.status == 502
    assert refusal.value.body == '{"message":"Internal server error"}'
