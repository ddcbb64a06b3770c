"""Broadcasts that the queue does, with workers that die and a gateway that is busy."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from local_server.testing import Fault, FaultKind
from tests.journeys.conftest import Service, receive, running_service, say

CLIENTS = 6
OVER = ("done", "cancelled", "failed")


@pytest.fixture(scope="module")
def queueing() -> Iterator[Service]:
    """A service where every broadcast is the queue's work, and what was not done comes again after
    two seconds: on AWS that takes twelve minutes, which nobody moves the clock by. Its
    gateway lets in only what the functions' roles sign. Their clock is ahead, which libcurl cannot
    know."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INLINE_RECIPIENTS", "0")
        with running_service(verify_signatures=True) as made:
            made.hurry("DELIVERIES", seconds=2)
            made.running.advance_now(400)
            yield made


@pytest.fixture
def heliograph(queueing: Service) -> Iterator[Service]:
    yield queueing
    queueing.running.faults.clear()


@asynccontextmanager
async def clients(service: Service) -> AsyncIterator[list[ClientConnection]]:
    _, token = service.user()
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(service.connect(token)) for _ in range(CLIENTS)]


def progress(service: Service, queued: dict[str, Any], method: str = "GET") -> dict[str, Any]:
    path = f"/notifications/broadcasts/{queued['broadcast_id']}"
    answer = service.http.request(method, path, headers=service.admin)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def at_its_end(service: Service, queued: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(90):
        while (seen := progress(service, queued))["state"] not in OVER:
            await asyncio.sleep(0.1)
    return seen


async def first_of_each(sockets: list[ClientConnection], queued: dict[str, Any]) -> None:
    async with asyncio.timeout(90):
        for socket in sockets:
            assert (await receive(socket))["id"] == queued["notification_id"]


async def test_a_broadcast_is_followed_to_its_end(heliograph: Service) -> None:
    async with clients(heliograph) as sockets:
        queued = heliograph.broadcast("*")
        await first_of_each(sockets, queued)
        seen = await at_its_end(heliograph, queued)
    assert (seen["state"], seen["delivered"], seen["failed"]) == ("done", CLIENTS, 0)
    assert seen["shards"] == {"total": 1, "done": 1}
    assert heliograph.stats()["broadcasts"] == {"running": 0, "queued": 0}
    (request,) = (
        each.event["requestContext"]["requestId"]
        for each in heliograph.running.invocations
        if each.function == "broadcast" and queued["broadcast_id"] in (each.answer or "")
    )
    assert followed_by_workers(heliograph, queued) == {request}


def followed_by_workers(service: Service, queued: dict[str, Any]) -> set[str]:
    """The requests that the messages of a broadcast say that they come of."""
    records = [
        record
        for each in service.running.invocations
        if each.function == "deliver"
        for record in each.event["Records"]
        if queued["broadcast_id"] in record["body"]
    ]
    return {record["messageAttributes"]["correlation_id"]["stringValue"] for record in records}


@pytest.mark.parametrize("delay_ms", [0, 20, 60, 150])
async def test_a_worker_that_is_killed_costs_nobody_the_broadcast(
    heliograph: Service, delay_ms: int
) -> None:
    kill = Fault(FaultKind.WORKER_KILLED, function="deliver", times=3, delay_ms=delay_ms)
    async with clients(heliograph) as sockets:
        number = heliograph.running.faults.add(kill)
        queued = heliograph.broadcast("*")
        await first_of_each(sockets, queued)
        seen = await at_its_end(heliograph, queued)
    assert heliograph.running.faults.strikes(number) >= 1
    assert (seen["state"], seen["delivered"], seen["failed"]) == ("done", CLIENTS, 0)


async def test_a_gateway_that_is_busy_costs_nobody_the_broadcast(heliograph: Service) -> None:
    busy = Fault(FaultKind.POST_THROTTLED, probability=0.5, times=2 * CLIENTS)
    async with clients(heliograph) as sockets:
        heliograph.running.faults.add(busy)
        queued = heliograph.broadcast("*")
        await first_of_each(sockets, queued)
        seen = await at_its_end(heliograph, queued)
    assert (seen["state"], seen["delivered"], seen["failed"]) == ("done", CLIENTS, 0)


async def test_a_broadcast_that_is_cancelled_in_the_queue_reaches_nobody(
    heliograph: Service,
) -> None:
    full = Fault(FaultKind.FUNCTION_THROTTLED, function="deliver")
    async with clients(heliograph) as sockets:
        number = heliograph.running.faults.add(full)
        queued = heliograph.broadcast("*")
        waiting = heliograph.stats()["broadcasts"]
        cancelled = progress(heliograph, queued, "DELETE")
        heliograph.running.faults.remove(number)
        following = heliograph.broadcast("*")
        await first_of_each(sockets, following)
        pongs = [await say(socket, type="ping") for socket in sockets]
    assert waiting == {"running": 0, "queued": 1}
    assert cancelled["state"] == progress(heliograph, queued)["state"] == "cancelled"
    assert {pong["type"] for pong in pongs} == {"pong"}
