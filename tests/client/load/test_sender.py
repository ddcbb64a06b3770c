import asyncio
import json

import httpx

from client.api import Api
from client.load.crowd import MARK
from client.load.sender import MOST_AT_WORK, Sender
from client.load.tally import Tally
from tests.client.manual_time import ManualTime


class Service:
    """Answers when it is let, and keeps what it was asked."""

    def __init__(self, status: int = 200) -> None:
        self.asked: list[httpx.Request] = []
        self.may_answer = asyncio.Event()
        self._status = status

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await self.may_answer.wait()
        return httpx.Response(self._status, json={})


async def settle() -> None:
    for _ in range(60):
        await asyncio.sleep(0)


async def send_for(seconds: int, target: str, service: Service) -> Tally:
    """Two a second."""
    time, tally = ManualTime(), Tally()
    async with Api("http://x", "t", transport=httpx.MockTransport(service.answer)) as api:
        sender = Sender(api, target, tally, "r", time.clock, time.sleep)
        sending = asyncio.create_task(sender.keep(2))
        await settle()
        time.advance(0)
        await settle()
        for _ in range(2 * seconds):
            time.advance(0.5)
            await settle()
        service.may_answer.set()
        await settle()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return tally


async def test_the_plan_sets_the_pace_and_not_the_answers() -> None:
    service = Service()
    tally = await send_for(3, "load:r", service)

    assert len(service.asked) == 7
    assert tally.sent == len(service.asked)
    body = json.loads(service.asked[0].content)
    assert (body["pattern"], body["persist"]) == ("load:r", "none")
    assert body["data"][MARK] == {"run": "r", "number": 1, "sent_at": 1000}


async def test_a_user_is_sent_to() -> None:
    service = Service()
    await send_for(1, "user:alice", service)

    body = json.loads(service.asked[0].content)
    assert (body["user_id"], body["persist"]) == ("alice", False)


async def test_what_fails_is_counted_by_its_kind() -> None:
    tally = await send_for(1, "load:r", Service(429))

    assert tally.sent == 0
    assert list(tally.errors) == ["send: 4429 rate_limited"]


async def test_a_service_that_does_not_answer_is_not_buried() -> None:
    service = Service()
    tally = await send_for(MOST_AT_WORK // 2 + 5, "load:r", service)

    assert len(service.asked) == MOST_AT_WORK
    assert tally.errors[f"send: left out, {MOST_AT_WORK} unanswered"] >= 10
