"""The web server without its router: one function answers everything."""

import asyncio
import logging
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sanic import HTTPResponse, Request, Sanic
from sanic.response import text

from local_server.web import Answer, Web


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[httpx.AsyncClient]:
    app = Web(f"test-{secrets.token_hex(4)}", answer)
    app.config.update(ACCESS_LOG=False, MOTD=False, TOUCHUP=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server: Any = await app.create_server(
            sock=listener, asyncio_server_kwargs={"start_serving": False}
        )
        await server.startup()
        await server.start_serving()
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=url) as client:
                yield client
        finally:
            server.server.close()
            for connection in list(server.connections):
                connection.abort()
            Sanic.unregister_app(app)
            await asyncio.sleep(0)


async def show(request: Request) -> HTTPResponse:
    return text(f"{request.method} {request.path} {request.body.decode()}")


@pytest.mark.parametrize("path", ["/", "/a", "/a/b%20c", "//a"])
async def test_every_path_is_answered(path: str) -> None:
    async with serving(show) as client:
        answer = await client.get(path)
    assert answer.status_code == 200


async def test_a_request_comes_with_its_body_and_connections_are_kept() -> None:
    async with serving(show) as client:
        for _ in range(2):
            answer = await client.post("/a", content=b"x" * 100_000)
            assert answer.text == "POST /a " + "x" * 100_000
            assert answer.headers["connection"] == "keep-alive"


async def test_an_unknown_method_is_not_allowed() -> None:
    async with serving(show) as client:
        assert (await client.request("BREW", "/a")).status_code == 405


async def test_an_error_is_answered_too(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_: Request) -> HTTPResponse:
        raise ValueError("no")

    caplog.set_level(logging.CRITICAL)
    async with serving(fail) as client:
        assert (await client.get("/a")).status_code == 500
