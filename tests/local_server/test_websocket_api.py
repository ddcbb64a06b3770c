"""The WebSocket API, through real sockets and real workers."""

import asyncio
import json
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, NegotiationError
from websockets.frames import Frame, Opcode

from local_server.testing import Running
from tests.local_server.conftest import Observer, connection_id_of


def url(sample: Running, **query: str) -> str:
    pairs = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return f"{sample.websocket_url}?{pairs}"


async def refused(address: str, **options: Any) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as refusal:
        await connect(address, **options)
    return refusal.value


# The handshake


async def test_connect_is_shown_the_whole_request__3_1_5(
    sample: Running, observer: Observer
) -> None:
    address = url(sample, observer=observer.connection_id, token="a+b")
    async with connect(address, additional_headers={"X-Mine": "1"}, user_agent_header="tests/1"):
        event = await observer.next()
    assert event["queryStringParameters"]["token"] == "a+b"
    assert event["headers"]["X-Mine"] == "1"
    assert event["multiValueHeaders"]["Sec-WebSocket-Version"] == ["13"]
    assert not {"connection", "upgrade"} & {name.lower() for name in event["headers"]}
    assert event["requestContext"]["identity"] == {"userAgent": "tests/1", "sourceIp": "127.0.0.1"}
    assert event["requestContext"]["routeKey"] == "$connect"


@pytest.mark.parametrize("status", [301, 400, 401, 403, 500, 501])
async def test_what_connect_refuses_fails_with_its_status__1_2_4__1_2_8(
    sample: Running, status: int
) -> None:
    result = json.dumps({"statusCode": status, "body": "dropped"})
    refusal = await refused(url(sample, result=result))
    assert refusal.response.status_code == status
    assert not refusal.response.body


async def test_any_success_of_connect_opens__1_2_3(sample: Running) -> None:
    async with connect(url(sample, result='{"statusCode": 201}')) as socket:
        assert await connection_id_of(socket)


@pytest.mark.parametrize("result", ["null", '"ok"', "{}", '{"statusCode": "x"}'])
async def test_a_malformed_answer_of_connect_is_a_502__1_2_5(sample: Running, result: str) -> None:
    assert (await refused(url(sample, result=result))).response.status_code == 502


async def test_a_connect_that_raises_is_a_502__1_2_5(sample: Running) -> None:
    refusal = await refused(url(sample, **{"raise": "1"}))
    assert refusal.response.status_code == 502
    assert refusal.response.body == b'{"message":"Internal server error"}'


async def test_a_connect_that_runs_out_of_time_is_a_502__1_2_5(sample: Running) -> None:
    assert (await refused(url(sample, sleep="1"))).response.status_code == 502


async def test_of_connects_headers_the_subprotocol_alone_gets_through__1_2_9__1_2_10(
    sample: Running,
) -> None:
    result = {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "b", "Set-Cookie": "x=y"}}
    address = url(sample, result=json.dumps(result))
    async with connect(address, subprotocols=["a", "b"]) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == "b"
        assert socket.response is not None
        assert "set-cookie" not in socket.response.headers


async def test_no_subprotocol_is_chosen_by_the_gateway__1_2_10(sample: Running) -> None:
    async with connect(sample.websocket_url, subprotocols=["a"]) as socket:  # type: ignore[list-item]
        assert socket.subprotocol is None


async def test_no_compression_is_negotiated__1_2_13(sample: Running) -> None:
    with suppress(NegotiationError):
        async with connect(sample.websocket_url, compression="deflate") as socket:
            assert socket.response is not None
            assert "sec-websocket-extensions" not in socket.response.headers


@pytest.mark.parametrize("path", ["/other", "/local/more", "/", "/realtime"])
async def test_another_stage_or_path_is_forbidden__1_1_3__1_1_4(sample: Running, path: str) -> None:
    refusal = await refused(sample.websocket_url.removesuffix("/local") + path)
    assert refusal.response.status_code == 403
    assert refusal.response.body == b'{"message":"Forbidden"}'


async def test_a_trailing_slash_and_other_paths_lead_to_the_same_api__1_1_1(
    sample: Running,
) -> None:
    assert sample.websocket_urls[1].endswith("/realtime/socket")
    for address in (f"{sample.websocket_url}/", sample.websocket_urls[1]):
        async with connect(address) as socket:
            await socket.send('{"kind": "ask"}')
            assert json.loads(await socket.recv())["requestContext"]["stage"] == "local"


# Frames


async def test_a_message_event_has_no_headers__3_1_3__3_1_11(socket: ClientConnection) -> None:
    await socket.send('{"kind": "x"}')
    event = json.loads(await socket.recv())
    assert list(event) == ["requestContext", "body", "isBase64Encoded"]
    assert event["body"] == '{"kind": "x"}'
    assert event["requestContext"]["routeKey"] == "$default"
    context = event["requestContext"]
    assert context["messageId"][-7:] == context["connectionId"][-7:]


async def test_a_route_is_selected_by_the_templates_expression(socket: ClientConnection) -> None:
    await socket.send('{"kind": "echo", "action": "ask"}')
    assert json.loads(await socket.recv())["requestContext"]["routeKey"] == "echo"


async def test_a_two_way_route_answers_whatever_its_status__2_4_3(socket: ClientConnection) -> None:
    await socket.send('{"kind": "ask"}')
    assert json.loads(await socket.recv())["requestContext"]["routeKey"] == "ask"


async def test_a_reply_that_is_no_utf8_is_an_error_as_in_lambdas_runtime(
    socket: ClientConnection,
) -> None:
    await socket.send('{"kind": "ask", "say": "a\\ud800"}')
    assert json.loads(await socket.recv())["message"] == "Internal server error"


async def test_a_two_way_route_without_a_body_sends_an_empty_message__2_4_4(
    socket: ClientConnection,
) -> None:
    await socket.send('{"kind": "mute"}')
    assert await socket.recv() == ""


async def test_a_one_way_route_sends_nothing__2_4_1__2_4_6(socket: ClientConnection) -> None:
    await socket.send('{"kind": "discarded"}')
    await socket.send('{"kind": "ask"}')
    assert json.loads(await socket.recv())["requestContext"]["routeKey"] == "ask"


@pytest.mark.parametrize("how", ["raise", "exit", "sys.exit", "odd", "text", "unserialisable"])
async def test_what_goes_wrong_is_an_error_frame_and_the_socket_stays__2_3_2__2_3_4(
    socket: ClientConnection, how: str
) -> None:
    await socket.send(f'{{"kind": "misbehave", "how": "{how}"}}')
    frame = str(await socket.recv())
    assert frame.startswith('{"message": "Internal server error", "connectionId":"')
    assert set(json.loads(frame)) == {"message", "connectionId", "requestId"}
    assert await connection_id_of(socket) == json.loads(frame)["connectionId"]


async def test_a_handler_that_cannot_be_imported_is_an_error_frame__2_3_2(
    socket: ClientConnection,
) -> None:
    await socket.send('{"kind": "absent"}')
    assert json.loads(await socket.recv())["message"] == "Internal server error"


async def test_one_slow_frame_does_not_hold_up_the_next__5_4__2_4_7(
    socket: ClientConnection,
) -> None:
    await socket.send('{"kind": "misbehave", "how": "sleep"}')
    await socket.send('{"kind": "ask"}')
    assert "requestContext" in json.loads(await socket.recv())
    assert json.loads(await socket.recv())["message"] == "Internal server error"


async def test_fragments_are_one_event__2_2_3(socket: ClientConnection) -> None:
    await socket.send(['{"kind": "ask", ', '"x": "', "é" * 5000, '"}'])
    event = json.loads(await socket.recv())
    assert json.loads(event["body"])["x"] == "é" * 5000


async def test_the_largest_frame_gets_through__1_4_6(socket: ClientConnection) -> None:
    body = '{"kind": "ask", "x": "%s"}' % ("x" * (32 * 1024 - 24))
    assert len(body) == 32 * 1024
    await socket.send(body)
    assert json.loads(await socket.recv())["body"] == body


async def test_a_ping_is_answered_by_the_gateway__1_5_3(socket: ClientConnection) -> None:
    async with asyncio.timeout(30):
        await (await socket.ping(b"x"))


# The end


async def closed_by(socket: ClientConnection) -> tuple[int, str]:
    """The close frame, after whatever else was sent."""
    with suppress(ConnectionClosed):
        async for _ in socket:
            pass
    return socket.close_code or 0, socket.close_reason or ""


async def end_of(observer: Observer) -> tuple[int, str]:
    """What $disconnect was told."""
    while (event := await observer.next())["requestContext"]["routeKey"] != "$disconnect":
        pass
    assert list(event["headers"]) == ["Host", "x-api-key", "X-Forwarded-For", "x-restapi"]
    context = event["requestContext"]
    return context["disconnectStatusCode"], context["disconnectReason"]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (b"", (1005, "Client-side close frame status not set")),
        (b"\x03\xe9", (1001, "")),
        (b"\x0f\xa0bye", (4000, "bye")),
    ],
)
async def test_disconnect_is_told_the_clients_code__3_2_1__3_2_3__3_2_5(
    sample: Running, observer: Observer, frame: bytes, told: tuple[int, str]
) -> None:
    async with connect(url(sample, observer=observer.connection_id)) as socket:
        socket.transport.write(Frame(Opcode.CLOSE, frame).serialize(mask=True))
        assert await end_of(observer) == told


async def test_a_lost_connection_is_1006__3_2_6(sample: Running, observer: Observer) -> None:
    async with connect(url(sample, observer=observer.connection_id)) as socket:
        socket.transport.abort()
        assert await end_of(observer) == (1006, "")


async def test_a_binary_frame_closes_with_1003__2_2_1(sample: Running, observer: Observer) -> None:
    async with connect(url(sample, observer=observer.connection_id)) as socket:
        await socket.send(b"binary")
        assert await closed_by(socket) == (1003, "")
    assert await end_of(observer) == (1003, "")


@pytest.mark.parametrize("size", [32 * 1024 + 1, 5_000_000])
async def test_a_frame_too_big_closes_with_1009__2_2_2__1_4_6(
    sample: Running, observer: Observer, size: int
) -> None:
    # Not as a context: leaving it trips over asyncio (abort of an ended transport).
    socket = await connect(url(sample, observer=observer.connection_id))
    with suppress(ConnectionClosed):
        await socket.send("x" * size)
    assert await closed_by(socket) == (1009, "Message too big")
    assert await end_of(observer) == (1009, "Message too big")


async def test_the_largest_message_gets_through__1_4_7(socket: ClientConnection) -> None:
    text = '{"kind": "ask", "say": "heard", "x": "%s"}'
    text %= "x" * (128 * 1024 - len(text % ""))
    await socket.send([text[start : start + 32 * 1024] for start in range(0, len(text), 32 * 1024)])
    assert await socket.recv() == "heard"


async def test_a_message_too_big_closes_with_1009__2_2_2__1_4_7(socket: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        await socket.send(["x" * 32 * 1024] * 4 + ["x"])
    assert await closed_by(socket) == (1009, "Message too big")


@pytest.mark.parametrize(
    ("garbage", "code"),
    [
        (b"\x81\x85\x00\x00\x00\x00\xff\xff\xff\xff\xff", 1007),  # no UTF-8
        (b"\x81\x05hello", 1002),  # not masked
        (b"\xf1\x80\x00\x00\x00\x00", 1002),  # reserved bits
        (b"\x80\x80\x00\x00\x00\x00", 1002),  # a continuation of nothing
        (b"\x89\xfe\x00\x7e" + bytes(4 + 126), 1002),  # a ping that is too long
        (b"\x88\x81\x00\x00\x00\x00x", 1002),  # a close frame of one byte
    ],
)
async def test_hostile_frames_end_their_own_connection_alone(
    sample: Running, socket: ClientConnection, garbage: bytes, code: int
) -> None:
    async with connect(sample.websocket_url, compression=None) as hostile:
        hostile.transport.write(garbage)
        assert (await closed_by(hostile))[0] == code
    assert await connection_id_of(socket)


async def test_no_disconnect_follows_a_refusal__5_3(sample: Running, observer: Observer) -> None:
    address = url(sample, observer=observer.connection_id, result='{"statusCode": 401}')
    await refused(address)
    assert (await observer.next())["requestContext"]["routeKey"] == "$connect"
    async with connect(url(sample, observer=observer.connection_id)):
        assert (await observer.next())["requestContext"]["routeKey"] == "$connect"


async def test_a_client_that_leaves_while_connect_runs_is_disconnected_all_the_same(
    sample: Running, observer: Observer
) -> None:
    host, port = sample.http_url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET /local?observer={quote(observer.connection_id)} HTTP/1.1\r\nHost: {host}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: DM+9PqsQtaZrN+IMZbWTzg==\r\n\r\n".encode()
    )
    await observer.next()
    writer.transport.abort()
    assert await end_of(observer) == (1006, "")
