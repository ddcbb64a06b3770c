"""The embedded stores: started, seen to answer, stopped."""

import asyncio
import socket

import httpx
import pytest

from local_server.errors import StoreError
from local_server.store import FAKE_CREDENTIALS, Store, start_store


@pytest.mark.parametrize("choice", ["ministack", "moto"])
async def test_an_embedded_store_answers_on_loopback_until_it_is_stopped(choice: str) -> None:
    store = start_store(choice)
    try:
        await store.ready()
        assert store.url.startswith("http://127.0.0.1:")
        async with httpx.AsyncClient() as client:
            assert (await client.get(store.url)).status_code < 600
    finally:
        store.stop()
    host, port = store.url.removeprefix("http://").split(":")
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(host, int(port))


async def test_a_url_is_a_store_that_runs_already() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    store = start_store(f"http://127.0.0.1:{port}/")
    assert store.url == f"http://127.0.0.1:{port}"
    with pytest.raises(StoreError, match="nothing answers at"):
        await store.ready()
    store.stop()


def test_other_names_are_refused() -> None:
    with pytest.raises(StoreError, match="--store takes ministack, moto or a URL, not 'redis'"):
        start_store("redis")


def test_real_credentials_go_to_aws_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    aws = Store("store", "https://dynamodb.eu-west-3.amazonaws.com")
    assert aws.credentials["AWS_ACCESS_KEY_ID"] == "real"
    assert aws.endpoint is None
    for url in ("http://127.0.0.1:8000", "https://amazonaws.com.evil.example"):
        assert Store("store", url).credentials == FAKE_CREDENTIALS


async def test_a_proxy_is_not_asked_for_the_way_to_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    store = start_store("moto")
    try:
        await store.ready()
    finally:
        store.stop()


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    writer.close()


async def test_something_else_at_the_url_is_no_store() -> None:
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(StoreError, match="nothing answers at"):
            await start_store(f"http://127.0.0.1:{port}").ready()


def test_a_url_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(StoreError, match="--store http://\\[: Invalid IPv6 URL"):
        start_store("http://[")
