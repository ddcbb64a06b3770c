"""API Gateway's quotas, through real sockets."""

import asyncio
import json
import time
from pathlib import Path

import httpx
import pytest

from local_server.clock import Clock
from local_server.testing import Refused, Running, emulator
from tests.local_server.conftest import echo_service


def still() -> Clock:
    """Moves only when a test moves it: on a slow machine a second is over too soon."""
    begun_at = time.time_ns()
    return Clock(lambda: begun_at)


async def test_upgrades_beyond_the_rate_are_429__1_3_11__1_4_1(tmp_path: Path) -> None:
    template = echo_service(tmp_path, "{limits: {connectsPerS: 2}}")
    async with emulator(template, clock=still()) as gw:
        first, second = await gw.connect(), await gw.connect()
        with pytest.raises(Refused) as refusal:
            await gw.connect()
        await gw.advance(1)
        async with first, second, await gw.connect():
            assert len(gw.invocations) == 3
    assert (refusal.value.status, refusal.value.body) == (429, '{"message":"Too Many Requests"}')


async def test_calls_beyond_the_accounts_quota_are_throttled__1_4_3__2_3_8__4_8__4_17__6_3_10(
    tmp_path: Path,
) -> None:
    template = echo_service(tmp_path, "{limits: {requestsPerS: 1, burst: 2}}")
    async with emulator(template, clock=still()) as gw, httpx.AsyncClient() as http:
        socket = await gw.connect()
        await socket.send({"action": "echo"})
        assert await socket.receive() == {"action": "echo"}
        await socket.send({"action": "echo"})
        throttled = await socket.receive()
        answer = await http.get(f"{gw.http_url}/hello")
        await gw.advance(1)
        await socket.send({"action": "say"})
        while not said(gw):
            await asyncio.sleep(0.01)
    assert throttled["message"] == "Too Many Requests"
    assert set(throttled) == {"message", "connectionId", "requestId"}
    assert (answer.status_code, answer.text) == (429, '{"message":"Too Many Requests"}')
    assert said(gw) == [429]


def said(gw: Running) -> list[int]:
    """What `say` heard of its posts."""
    answers = [one.answer or "{}" for one in gw.invocations if one.function == "say"]
    return [json.loads(answer)["statusCode"] for answer in answers]


async def test_throttled_messages_may_be_lost_in_silence__2_3_8(tmp_path: Path) -> None:
    own = "{limits: {requestsPerS: 1, burst: 2}, assume: {throttledFrame: false}}"
    async with emulator(echo_service(tmp_path, own)) as gw, await gw.connect() as socket:
        for number in range(3):
            await socket.send({"action": "echo", "number": number})
        assert (await socket.receive())["number"] == 0
        await gw.advance(1)
        await socket.send({"action": "echo", "number": 3})
        assert (await socket.receive())["number"] == 3


async def test_a_client_that_sends_too_much_is_closed_with_1008__2_2_5(tmp_path: Path) -> None:
    template = echo_service(tmp_path, "{limits: {messagesPerSPerConnection: 5}}")
    async with emulator(template) as gw, await gw.connect() as calm:
        abusive = await gw.connect()
        for _ in range(6):
            await abusive.send({"action": "echo"})
        assert (await abusive.closed())[0] == 1008
        await calm.send({"action": "echo"})
        assert await calm.receive() == {"action": "echo"}
    assert 1008 in [closing.code for closing in gw.closings]
