"""The emulator inside a test: clocks, timeouts, several at once."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from local_server.clock import Clock
from local_server.errors import StoreError, TemplateError
from local_server.gateway import IDLE_MS
from local_server.testing import FunctionError, emulator, emulator_in_thread
from tests.local_server.conftest import SAMPLE, connection_id_of


async def test_ten_idle_minutes_close_with_1001__1_4_5__1_5_6__3_2_2() -> None:
    clock = Clock()
    async with (
        emulator(SAMPLE, clock=clock) as running,
        connect(running.websocket_url) as socket,
    ):
        # A two-way route: its function has returned when the reply is here.
        await socket.send('{"kind": "ask"}')
        await socket.recv()
        clock.advance(IDLE_MS / 1000)
        with pytest.raises(ConnectionClosed) as closing:
            await socket.recv()
    assert closing.value.rcvd is not None
    assert (closing.value.rcvd.code, closing.value.rcvd.reason) == (1001, "Going away")


async def test_the_gateway_stops_waiting_before_the_function_does__1_2_6__2_3_6__6_3_9() -> None:
    async with emulator(SAMPLE, websocket_timeout_s=0.2, http_timeout_s=0.2) as running:
        with pytest.raises(InvalidStatus) as refusal:
            await connect(f"{running.websocket_url}?sleep=1")
        async with connect(f"{running.websocket_url}") as socket:
            await socket.send('{"kind": "misbehave", "how": "sleep"}')
            frame = json.loads(await socket.recv())
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{running.http_url}/misbehave", json={"how": "sleep"})
    assert refusal.value.response.status_code == 504
    assert frame["message"] == "Endpoint request timed out"
    assert (answer.status_code, answer.text) == (503, '{"message":"Service Unavailable"}')


async def test_two_emulators_run_side_by_side_on_one_store() -> None:
    async with (
        emulator(SAMPLE) as first,
        emulator(SAMPLE, store=first.store_url, stage="other") as second,
        connect(second.websocket_url) as socket,
    ):
        await socket.send('{"kind": "ask"}')
        event = json.loads(await socket.recv())
    assert event["requestContext"]["stage"] == "other"


async def test_the_end_closes_sockets_with_1012_and_runs_disconnect__2_2_5() -> None:
    async with emulator(SAMPLE) as running:
        socket = await connect(running.websocket_url)
        await connection_id_of(socket)
    with pytest.raises(ConnectionClosed) as closing:
        await socket.recv()
    assert closing.value.rcvd is not None
    assert closing.value.rcvd.code == 1012


SERVICE = """
service: s
functions:
  sweep:
    handler: a.sweep
    events: [{schedule: rate(1 minute)}]
"""
SWEEP = """
import time
def sweep(event, context):
    if event == "fail":
        raise KeyError("x")
    return {"event": event, "at": time.time()}
"""


@pytest.fixture
def sweeping(tmp_path: Path) -> Path:
    (tmp_path / "serverless.yml").write_text(SERVICE)
    (tmp_path / "a.py").write_text(SWEEP)
    return tmp_path / "serverless.yml"


async def test_any_function_is_invoked_by_its_name(sweeping: Path) -> None:
    async with emulator(sweeping) as gw:
        assert (await gw.invoke("sweep"))["event"] == {}
        assert (await gw.invoke("sweep", {"a": [1]}))["event"] == {"a": [1]}
        with pytest.raises(FunctionError, match="KeyError: 'x'"):
            await gw.invoke("sweep", "fail")
        with pytest.raises(FunctionError, match="Function not found: absent; there are sweep"):
            await gw.invoke("absent")
        assert gw.events == [{}, {"a": [1]}, "fail"]


def test_a_synchronous_test_invokes_it_as_well(sweeping: Path) -> None:
    with emulator_in_thread(sweeping) as gw:
        assert gw.invoke_now("sweep", 1)["event"] == 1
        with pytest.raises(FunctionError):
            asyncio.run(gw.invoke("sweep", "fail"))


async def test_a_schedule_of_a_minute_is_due_whenever_the_clock_passes_one(sweeping: Path) -> None:
    async with emulator(sweeping) as gw:
        for minutes, occurrences in ((1, 1), (3, 4)):
            await gw.advance(60 * minutes)
            async with asyncio.timeout(20):
                while len(gw.invocations) < occurrences:
                    await asyncio.sleep(0.01)
        answers = [json.loads(one.answer or "") for one in gw.invocations]
        at_once = await gw.invoke("sweep")
        assert at_once["at"] == pytest.approx(gw.now / 1000, abs=20)
    due = [datetime.fromisoformat(one["event"]["time"]).timestamp() for one in answers]
    assert [moment - due[0] for moment in due] == [0, 60, 120, 180]
    # The handlers agree: the first was due alone, the others at one jump.
    assert [answers[at]["at"] - due[at] for at in (0, 3)] == [pytest.approx(0, abs=20)] * 2


async def test_nothing_is_left_of_a_start_that_fails(tmp_path: Path) -> None:
    before = set(asyncio.all_tasks())
    with pytest.raises(TemplateError, match="no such file"):
        async with emulator(tmp_path / "serverless.yml"):
            pass
    with pytest.raises(StoreError, match="nothing answers"):
        async with emulator(SAMPLE, store="http://127.0.0.1:9"):
            pass
    assert set(asyncio.all_tasks()) == before
