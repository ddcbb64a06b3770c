"""Which part of the gateway answers which request."""

import asyncio
import logging
from pathlib import Path

import httpx
import pytest

from local_server import pages
from local_server.app import HEAD_BYTES
from local_server.testing import Running, emulator


@pytest.mark.parametrize("path", ["/local", "/local/", "/realtime/socket"])
async def test_a_plain_get_of_a_socket_is_told_to_upgrade__1_1_8(
    http: httpx.AsyncClient, path: str
) -> None:
    answer = await http.get(path)
    assert (answer.status_code, answer.text) == (426, '{"message":"Upgrade Required"}')


async def test_the_root_is_the_inspector(http: httpx.AsyncClient) -> None:
    answer = await http.get("/")
    index = pages.page("")
    assert (answer.status_code, answer.content) == (index.status, index.body)


async def test_a_templates_own_root_comes_first(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(
        "service: own\nfunctions: {f: {handler: h.f, events: [{httpApi: '*'}]}}\n"
    )
    (tmp_path / "h.py").write_text("def f(event, context):\n    return event['rawPath']\n")
    async with (
        emulator(tmp_path / "serverless.yml") as running,
        httpx.AsyncClient(base_url=running.http_url) as http,
    ):
        assert (await http.get("/")).text == "/"
        assert (await http.get("/local")).text == "/local"
        assert (await http.get("/_inspector/absent")).status_code == 404


KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


async def ask(running: Running, line: bytes, headers: bytes) -> bytes:
    return await raw(running, line + b" HTTP/1.1\r\nHost: h\r\n" + headers + b"\r\n", end=False)


async def first_line(running: Running, line: bytes, headers: bytes) -> bytes:
    """Of the answer; an open socket says no more."""
    host, port = running.http_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(line + b" HTTP/1.1\r\nHost: h\r\n" + headers + b"\r\n")
    first = await asyncio.wait_for(reader.readline(), 20)
    writer.close()
    await writer.wait_closed()
    return first


async def raw(sample: Running, request: bytes, *, end: bool = True) -> bytes:
    host, port = sample.http_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    if end:
        writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    ("line", "upgrade", "status"),
    [
        (b"GET /things/1", b"", b"200"),
        (b"GET /local", b"Upgrade: websocket\r\nConnection: Upgrade\r\n" + KEY, b"101"),
    ],
    ids=["http", "websocket"],
)
async def test_a_request_line_and_headers_may_have_10240_bytes__1_4_10__6_3_13(
    sample: Running, line: bytes, upgrade: bytes, status: bytes
) -> None:
    values = b"".join(header.partition(b": ")[2] for header in upgrade.split(b"\r\n"))
    room = HEAD_BYTES - len(line + b" HTTP/1.1" + b"h" + values)
    for size, expected in ((room, status), (room + 1, b"431 Request Header Fields Too Large\r\n")):
        headers = upgrade + b"X-A-Long-Name: " + b"x" * size + b"\r\nX-Empty:  \r\n"
        assert (await first_line(sample, line, headers)).startswith(b"HTTP/1.1 " + expected)


async def test_a_head_beyond_reason_is_not_read_and_a_431_too__6_3_13(sample: Running) -> None:
    answer = await ask(sample, b"GET /things/1", b"X: " + b"x" * 20_000 + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert answer.endswith(b'\r\n\r\n{"message":"Request Header Fields Too Large"}')


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET // HTTP/1.1\r\n\r\n",
        b"GET /local HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        b"POST /local HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"",
    ],
)
async def test_hostile_requests_are_refused_and_the_server_lives_on(
    sample: Running, http: httpx.AsyncClient, request_: bytes
) -> None:
    answer = await raw(sample, request_)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert b"Traceback" not in answer
    assert (await http.get("/things/1")).status_code == 200


async def test_an_unknown_method_is_no_route(http: httpx.AsyncClient) -> None:
    answer = await http.request("FETCH", "/things/1")
    assert answer.status_code in (404, 405)
    assert answer.headers["content-type"] == "application/json"


async def test_an_address_that_cannot_be_read_is_not_logged(
    sample: Running, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await raw(sample, b"GET http://[::1/?token=very-secret HTTP/1.1\r\n\r\n", end=False)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "very-secret" not in caplog.text


async def test_requests_cut_short_by_the_end_are_not_logged_with_their_tokens(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "serverless.yml").write_text(
        "service: slow\n"
        "functions: {f: {handler: h.f, timeout: 30, events: [websocket: $connect, httpApi: '*']}}\n"
    )
    (tmp_path / "h.py").write_text(
        "import time\ndef f(event, context):\n    print('asleep')\n    time.sleep(30)\n"
    )
    caplog.set_level(logging.INFO)
    async with emulator(tmp_path / "serverless.yml") as running:
        upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n" + KEY
        requests = [
            asyncio.ensure_future(ask(running, b"GET /local?token=very-secret", upgrade)),
            asyncio.ensure_future(ask(running, b"GET /other?token=very-secret", b"")),
        ]
        async with asyncio.timeout(20):
            while caplog.text.count("asleep") < 2:
                await asyncio.sleep(0.01)
    for request in requests:
        assert b"Traceback" not in await request
    assert "very-secret" not in caplog.text
    assert "Traceback" not in caplog.text
