"""Starting: what is refused, and what it is reached by."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from local_server.emulator import Emulator
from local_server.errors import LocalServerError, ServerError, TemplateError
from local_server.settings import Settings
from tests.local_server.conftest import ECHO, SAMPLE


async def refusal(settings: Settings) -> LocalServerError:
    with pytest.raises(LocalServerError) as error:
        await Emulator(settings).start()
    return error.value


async def test_a_taken_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        error = await refusal(Settings(SAMPLE, port=taken.getsockname()[1]))
    assert isinstance(error, ServerError)


async def test_a_port_out_of_range_is_refused() -> None:
    assert isinstance(await refusal(Settings(SAMPLE, port=70_000)), ServerError)


async def test_of_two_that_start_at_once_on_a_port_one_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    both = [Emulator(Settings(SAMPLE, port=port)) for _ in range(2)]
    outcomes = await asyncio.gather(*(one.start() for one in both), return_exceptions=True)
    for one in both:
        await one.stop()
    (error,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(error, ServerError)
    assert str(error) == f"cannot listen on 127.0.0.1:{port}: Address already in use"


async def test_a_source_of_somebody_elses_queue_is_refused(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(
        "service: s\n"
        "functions: {f: {handler: h.f, events: [{sqs: 'arn:aws:sqs:eu-west-3:1:other'}]}}\n"
    )
    error = await refusal(Settings(tmp_path / "serverless.yml"))
    assert isinstance(error, TemplateError)
    assert "no queue of this template has the ARN arn:aws:sqs:eu-west-3:1:other" in str(error)


async def test_a_variable_that_cannot_be_resolved_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(
        "service: s\nfunctions: {f: {handler: h.f, environment: {X: !Ref Elsewhere}}}\n"
    )
    error = await refusal(Settings(tmp_path / "serverless.yml"))
    assert str(error).startswith("serverless.yml:2: functions.f.environment.X: Ref Elsewhere")


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")])
async def test_the_urls_can_be_reached_from_here(host: str, shown: str) -> None:
    emulator = Emulator(Settings(SAMPLE, host=host))
    try:
        await emulator.start()
    except ServerError:
        pytest.skip(f"this machine has no {host}")
    try:
        origin, _, port = emulator.http_url.rpartition(":")
        assert origin == f"http://{shown}"
        assert emulator.websocket_url == f"ws://{shown}:{port}/local"
        environment = emulator.start_environment()
        assert environment["LOCAL_SERVER_WEBSOCKET_URL"].endswith("/realtime/socket")
    finally:
        await emulator.stop()


async def test_upgrades_wait_until_the_service_is_prepared_and_requests_do_not() -> None:
    emulator = Emulator(Settings(ECHO / "serverless.yml"))
    emulator.prepared.clear()
    await emulator.start()
    try:
        connecting = asyncio.create_task(open_socket(emulator.websocket_url))
        async with httpx.AsyncClient() as http:
            assert (await http.get(f"{emulator.http_url}/hello")).text == "hello"
        assert not connecting.done()
        emulator.prepared.set()
        await connecting
    finally:
        await emulator.stop()


async def open_socket(url: str) -> None:
    async with connect(url):
        pass
