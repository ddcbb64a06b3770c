import asyncio
import logging
import secrets
import socket
import traceback

import pytest

from client.errors import ConnectionLost, HeliographError, ProtocolError, Refused, Unreachable
from client.handshake import TokenIn, open_socket
from tests.client.scripted import ScriptedApi, ScriptedGateway, stay_connected


@pytest.mark.parametrize(
    ("token_in", "path", "header", "value"),
    [
        ("query", "/?token=t.0-k_n", "Sec-WebSocket-Protocol", None),
        ("subprotocol", "/", "Sec-WebSocket-Protocol", "heliograph.v1, token.t.0-k_n"),
        ("header", "/", "Authorization", "Bearer t.0-k_n"),
    ],
)
async def test_the_token_travels_as_asked(
    token_in: TokenIn, path: str, header: str, value: str | None
) -> None:
    async with ScriptedGateway(stay_connected) as gateway:
        opened = await open_socket(gateway.url.replace("http", "ws"), "t.0-k_n", token_in)
        await opened.close()

    (request,) = gateway.requests
    assert request.path == path
    assert request.headers.get(header) == value


async def test_a_query_of_the_url_is_kept() -> None:
    async with ScriptedGateway(stay_connected) as gateway:
        opened = await open_socket(gateway.url.replace("http", "ws") + "/dev?a=1", "t", "query")
        await opened.close()

    assert gateway.requests[0].path == "/dev?a=1&token=t"


async def test_the_token_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async with ScriptedGateway(stay_connected) as gateway:
        opened = await open_socket(gateway.url.replace("http", "ws"), "s3cret", "query")
        await opened.close()

    ours = [record for record in caplog.records if record.name != "websockets.server"]
    assert "s3cret" not in " ".join(record.getMessage() for record in ours)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, Refused, 4001),
        (403, Refused, 4001),
        (404, Refused, 4404),
        (429, ConnectionLost, None),
        (500, ConnectionLost, None),
        (502, ConnectionLost, None),
        (504, ConnectionLost, None),
    ],
)
async def test_the_status_of_a_failed_upgrade(
    status: int, kind: type[HeliographError], code: int | None
) -> None:
    async with ScriptedGateway(status) as gateway:
        with pytest.raises(kind) as raised:
            await open_socket(gateway.url.replace("http", "ws"), "t", "query")

    assert getattr(raised.value, "code", None) == code


async def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(Unreachable) as raised:
        await open_socket(f"ws://127.0.0.1:{port}", "s3cret", "query")

    assert str(raised.value) == f"cannot reach ws://127.0.0.1:{port}: connection refused"


async def test_a_server_that_hangs_up() -> None:
    async with ScriptedApi({}) as api:
        with pytest.raises(ConnectionLost):
            await open_socket(api.url.replace("http", "ws"), "t", "query")


async def test_a_server_that_speaks_something_else() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ProtocolError):
            await open_socket(f"ws://127.0.0.1:{port}", "t", "query")


async def test_a_url_that_is_none_is_told_without_the_token() -> None:
    token = secrets.token_hex()
    with pytest.raises(ProtocolError) as raised:
        await open_socket("ws://127.0.0.1:1/#x", token, "query")

    assert str(raised.value) == "no WebSocket at ws://127.0.0.1:1/#x: InvalidURI"
    assert token not in "".join(traceback.format_exception(raised.value))
