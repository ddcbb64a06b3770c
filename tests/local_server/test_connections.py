"""Connections over their whole life: the handshake, idle time, two hours, the end."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from local_server.app import UPGRADE_URL_CHARS
from local_server.gateway import IDLE_MS
from local_server.testing import (
    ClientSocket,
    Fault,
    FaultKind,
    Refused,
    Running,
    RunningInThread,
    emulator,
    emulator_in_thread,
)
from tests.local_server.conftest import ECHO, SAMPLE

ALMOST_IDLE_S = IDLE_MS / 1000 - 1


@pytest.fixture(scope="module")
def gw() -> Iterator[RunningInThread]:
    with emulator_in_thread(ECHO / "serverless.yml") as running:
        yield running


def service(folder: Path, functions: str) -> Path:
    """The echo service's handlers behind other routes."""
    (folder / "app.py").write_text((ECHO / "app.py").read_text())
    file = folder / "serverless.yml"
    file.write_text(
        "service: other\nprovider: {name: aws, runtime: python3.13}\nfunctions:\n" + functions
    )
    return file


def two_way(handler: str, route: str) -> str:
    """A function and its two-way route, in YAML."""
    event = f"{{websocket: {{route: {route}, routeResponseSelectionExpression: $default}}}}"
    return f"  {handler}: {{handler: app.{handler}, events: [{event}]}}\n"


async def echoes(socket: ClientSocket) -> bool:
    await socket.send({"action": "echo", "mark": "still here"})
    return bool(await socket.receive() == {"action": "echo", "mark": "still here"})


# The handshake


async def test_without_a_connect_route_everybody_is_let_in__1_2_1(tmp_path: Path) -> None:
    template = service(tmp_path, two_way("echo", "echo"))
    async with emulator(template) as gw, await gw.connect() as socket:
        assert await echoes(socket)
    assert [invocation.function for invocation in gw.invocations] == ["echo"]


async def test_the_upgrade_waits_for_connect_and_so_do_frames__1_2_2__5_5() -> None:
    async with emulator(SAMPLE) as gw:
        observer = await gw.connect()
        # $connect posts to the observer: while that post hangs, $connect runs.
        number = gw.faults.add(Fault(FaultKind.POST_DELAYED, delay_ms=500))
        connecting = asyncio.create_task(gw.connect(query={"observer": observer.connection_id}))
        while not gw.faults.strikes(number):
            await asyncio.sleep(0.001)
        assert not connecting.done()
        await gw.advance(0.5, settle_s=0)
        gw.faults.clear()
        socket = await connecting
        await socket.send({"kind": "ask"})
        asked = await socket.receive()
    ended = [one.at for one in gw.invocations if one.function == "gate"]
    assert asked["requestContext"]["requestTimeEpoch"] >= ended[-1]


async def test_a_route_response_of_connect_sends_no_message__1_2_11(tmp_path: Path) -> None:
    template = service(tmp_path, two_way("show", "$connect") + two_way("echo", "echo"))
    async with emulator(template) as gw, await gw.connect() as socket:
        assert await echoes(socket)


async def test_an_upgrade_url_may_have_4096_characters__1_1_7(gw: RunningInThread) -> None:
    room = UPGRADE_URL_CHARS - len("/local") - len("x=")
    async with await gw.connect(query={"x": "y" * room}) as socket:
        assert await echoes(socket)
    with pytest.raises(Refused) as refusal:
        await gw.connect(query={"x": "y" * (room + 1)})
    assert refusal.value.status == 414


async def test_a_route_that_was_not_deployed_is_forbidden__1_1_9__2_1_5__2_3_1(
    tmp_path: Path,
) -> None:
    echo = two_way("echo", "echo")
    template = service(tmp_path, echo)
    async with emulator(template) as gw, await gw.connect() as socket:
        template.write_text(template.read_text() + echo.replace("echo", "show"))
        await socket.send({"action": "show"})
        frame = await socket.receive_text()
        assert await echoes(socket)
    assert frame.startswith('{"message": "Forbidden", "connectionId":"')
    assert [invocation.function for invocation in gw.invocations] == ["echo"]


# Events


async def test_events_carry_the_clients_host_and_times_in_milliseconds__3_1_8__3_1_9__3_1_12(
    gw: RunningInThread,
) -> None:
    port = int(gw.websocket_url.rsplit(":", 1)[1].split("/")[0])
    address = "ws://ws.example.com/local"
    async with connect(address, host="127.0.0.1", port=port) as socket:
        await socket.send("{}")
        message = json.loads(await socket.recv())["requestContext"]
    (opening,) = (
        event["requestContext"]
        for event in gw.events
        if event["requestContext"].get("connectionId") == message["connectionId"]
        and event["requestContext"]["routeKey"] == "$connect"
    )
    for context in (opening, message):
        assert context["domainName"] == "ws.example.com"
        assert context["messageDirection"] == "IN"
        assert isinstance(context["requestTimeEpoch"], int)
    assert 0 <= opening["requestTimeEpoch"] - opening["connectedAt"] <= 2
    assert message["connectedAt"] == opening["connectedAt"]


async def test_every_event_has_a_request_id_of_its_own__3_1_7(gw: RunningInThread) -> None:
    async with await gw.connect() as socket:
        contexts = []
        for _ in range(3):
            await socket.send("{}")
            contexts.append((await socket.receive())["requestContext"])
    assert all(one["requestId"] == one["extendedRequestId"] for one in contexts)
    assert len({one["requestId"] for one in contexts}) == 3
    assert len({one["messageId"] for one in contexts}) == 3


async def test_a_trace_id_comes_with_connect__3_1_14(gw: RunningInThread) -> None:
    async with await gw.connect() as socket:
        mine = socket.connection_id
    (event,) = (
        event
        for event in gw.events
        if event["requestContext"].get("connectionId") == mine and "Sec-WebSocket-Key" in str(event)
    )
    root, time, random = event["headers"]["X-Amzn-Trace-Id"].split("-")
    assert (root, len(time), len(random)) == ("Root=1", 8, 24)


# Idle time and two hours


async def test_no_ping_ever_comes_from_the_gateway__1_5_1(gw: RunningInThread) -> None:
    host, port = gw.http_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET /local HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    await gw.advance(ALMOST_IDLE_S)
    await gw.advance(1)
    # The first thing that comes is the close frame of an idle connection: FIN and opcode 8.
    assert await reader.readexactly(1) == b"\x88"
    writer.close()
    await writer.wait_closed()


async def test_a_post_puts_the_idle_close_off_as_a_message_does__1_5_5(
    gw: RunningInThread,
) -> None:
    async with await gw.connect() as socket, httpx.AsyncClient() as http:
        await gw.advance(ALMOST_IDLE_S)
        path = f"/@connections/{socket.connection_id.replace('=', '%3D')}"
        await http.post(gw.websocket_url.replace("ws:", "http:") + path, content=b"news")
        assert await socket.receive_text() == "news"
        await gw.advance(ALMOST_IDLE_S)
        assert await echoes(socket)
        await gw.advance(ALMOST_IDLE_S + 2)
        assert await socket.closed() == (1001, "Going away")


async def test_two_hours_are_the_longest_a_connection_lives__1_4_4__3_2_8(
    gw: RunningInThread,
) -> None:
    socket = await gw.connect()
    for _ in range(12):
        assert await echoes(socket)
        await gw.advance(ALMOST_IDLE_S)
    assert await echoes(socket)
    await gw.advance(13)
    assert await socket.closed() == (1001, "Going away")


# The end


SLOW = """

def slow(event, context):
    time.sleep(0.3)
    return {"statusCode": 200}
"""


async def test_a_handshake_that_the_end_overtakes_is_disconnected_properly(tmp_path: Path) -> None:
    functions = (
        "  connect: {handler: app.slow, events: [{websocket: $connect}]}\n"
        "  disconnect: {handler: app.disconnect, events: [{websocket: $disconnect}]}\n"
    )
    template = service(tmp_path, functions)
    (tmp_path / "app.py").write_text((tmp_path / "app.py").read_text() + SLOW)
    async with emulator(template) as gw:
        # It strikes when $connect is invoked, and does no harm.
        number = gw.faults.add(Fault(FaultKind.COLD_START, function="connect"))
        connecting = asyncio.create_task(gw.connect())
        while not gw.faults.strikes(number):
            await asyncio.sleep(0.001)
    late = await connecting
    assert (await late.closed())[0] == 1012
    assert [(one.function, one.error) for one in gw.invocations] == [
        ("connect", None),
        ("disconnect", None),
    ]


async def test_disconnect_does_not_wait_for_messages_at_work__5_6(gw: RunningInThread) -> None:
    # It strikes when the function is invoked, and does no harm.
    number = gw.faults.add(Fault(FaultKind.COLD_START, function="hang"))
    async with await gw.connect() as socket:
        mine = socket.connection_id
        await socket.send({"action": "hang"})
        async with asyncio.timeout(30):
            while not gw.faults.strikes(number):
                await asyncio.sleep(0.001)
    gw.faults.remove(number)
    await until_ended(gw, mine, "connect", "disconnect")
    await gw.advance(60, settle_s=0)
    await until_ended(gw, mine, "connect", "disconnect", "hang")


async def until_ended(gw: Running, connection: str, *functions: str) -> None:
    """These are done with their events of the connection, in this order, and no others."""
    ended: tuple[str, ...] = ()
    async with asyncio.timeout(30):
        while ended != functions:
            ended = tuple(
                one.function
                for one in gw.invocations
                if one.event["requestContext"].get("connectionId") == connection
            )
            await asyncio.sleep(0.001)


# Integrations


async def test_a_message_is_waited_for_29_seconds__1_4_8__2_3_6(gw: RunningInThread) -> None:
    async with await gw.connect() as socket:
        await socket.send({"action": "hang"})
        # It settles for a second, in which the function's worker starts.
        await gw.advance(0)
        await gw.advance(25, settle_s=0)
        assert await echoes(socket)
        await gw.advance(4, settle_s=0)
        frame = await socket.receive_text()
        assert await echoes(socket)
    assert frame.startswith('{"message": "Endpoint request timed out", "connectionId":"')


async def test_a_failed_message_is_not_tried_again__5_8(gw: RunningInThread) -> None:
    before = failures(gw)
    async with await gw.connect() as socket:
        await socket.send({"action": "fail"})
        assert (await socket.receive())["message"] == "Internal server error"
        await gw.advance(300)
        assert await echoes(socket)
    assert failures(gw) == before + 1


def failures(gw: Running) -> int:
    return len([one for one in gw.invocations if one.function == "fail"])


async def test_many_connections_are_open_at_once__1_4_2(gw: RunningInThread) -> None:
    sockets: list[Any] = []
    for _ in range(20):
        # 500 new ones a second are the account's quota, as on AWS.
        await gw.advance(1)
        sockets += await asyncio.gather(*(gw.connect() for _ in range(30)))
    assert await echoes(sockets[0])
    assert await echoes(sockets[-1])
    await asyncio.gather(*(socket.close() for socket in sockets))
