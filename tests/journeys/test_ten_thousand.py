"""Ten thousand at once, through every part of the running service. Minutes long: `make soak`."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from local_server.testing import Fault, FaultKind
from tests.journeys.conftest import DAY_SECONDS, ROOT, Service, mint, rows, running_service

COUNT = 10_000
USERS = 500
MINUTES_OF_SWEEPS = 180
SWEEP_SECONDS = 120
# Cheap hashes: nobody logs in.
ADD_USERS = f"""
import os
from infra.stores.users import DynamoUsers
from infra.tables import bind
from notify.accounts import new_user
from notify.passwords import PasswordHasher
from notify.account_requests import CreateUser

bind(os.environ["TABLE_PREFIX"], os.environ["AWS_REGION"])
for number in range({USERS}):
    request = CreateUser(f"crowd{{number}}", "correct horse", ["member"])
    DynamoUsers().add(new_user(request, PasswordHasher(cost=4), 0))
"""


class Crowd:
    """The clients' process. It has the descriptors that this one needs for the other ends."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def ask(self, line: str) -> list[int]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        return await self.answer()

    async def answer(self) -> list[int]:
        assert self._process.stdout is not None
        return [int(word) for word in (await self._process.stdout.readline()).split()]


@asynccontextmanager
async def crowd(service: Service) -> AsyncIterator[Crowd]:
    tokens = [mint(f"crowd{n}", "member", seconds=DAY_SECONDS) for n in range(USERS)]
    url = service.running.http_url.replace("http", "ws") + "/api/v1/ws/realtime"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.journeys.crowd", url, str(COUNT),
        cwd=ROOT, stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    clients = Crowd(process)
    try:
        assert await clients.ask(" ".join(tokens)) == [COUNT]
        yield clients
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def kill_workers(service: Service) -> list[int]:
    """At its start, in the middle and near the end of a page, and in what follows."""
    return [
        service.running.faults.add(
            Fault(FaultKind.WORKER_KILLED, function="deliver", times=1, delay_ms=delay_ms)
        )
        for delay_ms in (20, 300, 1_000, 2_500, 5_000)
    ]


async def at_its_end(service: Service, broadcast_id: str) -> dict[str, object]:
    path = f"/notifications/broadcasts/{broadcast_id}"
    async with asyncio.timeout(1200):
        while True:
            answer = await asyncio.to_thread(service.http.get, path, headers=service.admin)
            seen: dict[str, object] = answer.json()
            if seen["state"] in ("done", "failed", "cancelled"):
                return seen
            await asyncio.sleep(1)


async def numbers(service: Service) -> tuple[int, int, int]:
    """Connections, users and topics, as soon as the service has time to tell."""
    async with asyncio.timeout(600):
        while "websocket_connections" not in (seen := await asyncio.to_thread(service.stats)):
            await asyncio.sleep(1)  # thousands are just saying goodbye
    return seen["websocket_connections"], seen["user_connections"], seen["topics"]


async def left_when_calm(service: Service) -> int:
    """How many connections are counted once no goodbye is under way any more."""
    before = None
    while before != (now := (await numbers(service))[0]):
        before = now
        await asyncio.sleep(10)
    return now


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_ten_thousand_come_hear_a_broadcast_and_leave_nothing_behind() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAX_CONNECTIONS_PER_USER", "100")
        patch.setenv("PONG", "gateway")  # for pings that cost nothing
        with running_service() as service:
            service.hurry("DELIVERIES", seconds=30)
            service.python("-c", ADD_USERS)
            async with crowd(service) as clients:
                assert len(service.running.open_connections) == COUNT
                kills = kill_workers(service)
                service.running.faults.add(Fault(FaultKind.POST_THROTTLED, probability=0.01))
                told = service.broadcast("general")
                seen = await at_its_end(service, told["broadcast_id"])
                heard, _ = await clients.ask(f"heard {told['notification_id']}")
                assert sum(map(service.running.faults.strikes, kills)) >= len(kills) - 1
                service.running.faults.add(Fault(FaultKind.DISCONNECT_LOST, probability=0.2))
                await clients.ask("leave")
            assert heard == COUNT
            assert (seen["state"], seen["delivered"], seen["failed"]) == ("done", COUNT, 0)
            lost = await left_when_calm(service)
            for _ in range(MINUTES_OF_SWEEPS):
                # Or else a sweep of thousands is cut off by every minute that passes.
                await service.running.advance(60, settle_s=SWEEP_SECONDS)
                if await numbers(service) == (0, 0, 0):
                    break
            assert lost > COUNT // 10
            assert await numbers(service) == (0, 0, 0)
            assert rows(service, "connections") == rows(service, "subscriptions") == []
