"""A port: had, refused, served and given up."""

import secrets
import socket
from typing import Any

import httpx
import pytest
from sanic import HTTPResponse, Sanic, text
from sanic import Request as SanicRequest

from local_server.errors import ServerError
from local_server.listener import Listener


async def test_its_address_is_known_before_anybody_is_served() -> None:
    listener = Listener("127.0.0.1", 0)
    assert listener.url == f"http://127.0.0.1:{listener.port}"
    with pytest.raises(httpx.ConnectError):
        httpx.get(listener.url)
    listener.close()


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "http://127.0.0.1:"), ("", "http://127.0")])
def test_an_address_of_all_is_shown_as_one_that_can_be_reached(host: str, url: str) -> None:
    listener = Listener(host, 0)
    assert listener.url.startswith(url)
    listener.close()


def test_what_cannot_be_had_is_one_line() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ServerError, match=r"^cannot listen on 127\.0\.0\.1:\d+: Address already in"),
    ):
        Listener("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(ServerError, match=r"cannot listen on 127\.0\.0\.1:70000"):
        Listener("127.0.0.1", 70_000)
    with pytest.raises(ServerError, match=r"cannot listen on host\.invalid"):
        Listener("host.invalid", 0)


async def test_it_serves_until_it_is_closed_and_leaves_no_app_behind() -> None:
    app: Sanic[Any, Any] = Sanic(f"listener-{secrets.token_hex(4)}", configure_logging=False)
    app.config.update(MOTD=False, TOUCHUP=False, ACCESS_LOG=False)

    async def hello(_: SanicRequest) -> HTTPResponse:
        return text("hello")

    app.add_route(hello, "/")
    listener = Listener("127.0.0.1", 0)
    url = listener.url
    await listener.serve(app)
    async with httpx.AsyncClient() as client:
        assert (await client.get(url)).text == "hello"
        listener.refuse()
        assert (await client.get(url)).text == "hello"
    listener.close()
    assert app.name not in Sanic._app_registry
    async with httpx.AsyncClient() as stranger:
        with pytest.raises(httpx.ConnectError):
            await stranger.get(url)
