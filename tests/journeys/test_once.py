"""Requests made twice, cut off half way, or for later, through the running emulator."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from local_server.testing import Fault, FaultKind
from tests.journeys.conftest import Service, receive, running_service, say

SAID = {"notification_type": "t", "title": "Hello", "message": "m"}
LEASE_SECONDS = 35
SEND, BATCH = "/notifications/send-realtime", "/notifications/batch"


@pytest.fixture(scope="module")
def heliograph() -> Iterator[Service]:
    """One of its own, for its clock is moved."""
    with running_service() as made:
        yield made


def post(service: Service, path: str, body: object, key: str | None = None) -> httpx.Response:
    headers = service.admin | ({} if key is None else {"idempotency-key": key})
    return service.http.post(path, json=body, headers=headers)


def in_seconds(service: Service, seconds: float) -> str:
    """By the service's clock."""
    now = datetime.fromisoformat(service.stats()["timestamp"])
    return (now + timedelta(seconds=seconds)).isoformat()


async def seq_of(socket: ClientConnection, name: str) -> int:
    """How many notifications the user's stream has."""
    subscribed = await say(socket, type="subscribe", topics=[f"user:{name}"])
    return int(subscribed["seq"])


@contextmanager
def struck(service: Service, *faults: Fault) -> Iterator[None]:
    numbers = [service.running.faults.add(fault) for fault in faults]
    try:
        yield
    finally:
        for number in numbers:
            service.running.faults.remove(number)


async def test_a_retry_is_answered_alike_and_notifies_nobody(heliograph: Service) -> None:
    name, token = heliograph.user()
    async with heliograph.connect(token) as socket:
        first = post(heliograph, SEND, {**SAID, "user_id": name}, "retry")
        again = post(heliograph, SEND, {**SAID, "user_id": name}, "retry")
        frame = await receive(socket)
        assert await seq_of(socket, name) == 1
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert frame["id"] == first.json()["notification_id"]
    other = post(heliograph, SEND, {**SAID, "user_id": name, "title": "Other"}, "retry")
    assert other.status_code == 422


async def test_the_same_request_many_times_at_once_notifies_once(heliograph: Service) -> None:
    name, token = heliograph.user()
    body = {**SAID, "user_id": name}
    async with heliograph.connect(token) as socket:
        with ThreadPoolExecutor(6) as pool:
            tasks = [pool.submit(post, heliograph, SEND, body, "at-once") for _ in range(6)]
            answers = [task.result() for task in tasks]
        done = [each for each in answers if each.status_code == 200]
        busy = [each for each in answers if each.status_code == 409]
        assert len(done) + len(busy) == 6
        frame = await receive(socket)
        assert await seq_of(socket, name) == 1
    assert [each.headers.get("idempotency-replayed") for each in done].count(None) == 1
    assert {each.headers["retry-after"] for each in busy} <= {"1"}
    assert {each.json()["notification_id"] for each in done} == {frame["id"]}


async def test_a_send_whose_function_is_killed_in_the_middle_is_finished_by_a_retry(
    heliograph: Service,
) -> None:
    (first, first_token), (second, second_token) = heliograph.user(), heliograph.user()
    body = {**SAID, "user_ids": [first, second]}
    heliograph.send(first)  # the function is warm, and the next try gets as far as its post
    async with heliograph.connect(first_token) as one, heliograph.connect(second_token) as two:
        with struck(
            heliograph,
            Fault(FaultKind.POST_DELAYED, delay_ms=10_000),
            Fault(FaultKind.WORKER_KILLED, function="send", delay_ms=2_000, times=1),
        ):
            killed = await asyncio.to_thread(post, heliograph, SEND, body, "killed")
        assert killed.status_code >= 500
        assert post(heliograph, SEND, body, "killed").status_code == 409
        await heliograph.running.advance(LEASE_SECONDS)
        retry = post(heliograph, SEND, body, "killed")
        assert retry.status_code == 200, retry.text
        assert "idempotency-replayed" not in retry.headers
        frames = [await receive(one), await receive(two)]
        # One that was under way when the function died may have arrived before.
        assert {frame["id"] for frame in frames} == {retry.json()["notification_id"]}
    async with heliograph.connect(first_token) as one, heliograph.connect(second_token) as two:
        assert (await seq_of(one, first), await seq_of(two, second)) == (2, 1)


async def test_a_batch_answers_each_of_its_items(heliograph: Service) -> None:
    name, token = heliograph.user()
    messages = [{**SAID, "user_id": name}, {**SAID, "user_id": "nobody"}, {"pattern": "general"}]
    async with heliograph.connect(token) as socket:
        first = post(heliograph, BATCH, {"messages": messages}, "batch")
        again = post(heliograph, BATCH, {"messages": messages}, "batch")
        frame = await receive(socket)
        assert await seq_of(socket, name) == 1
    assert [each["status"] for each in first.json()["results"]] == [200, 404, 422]
    assert again.text == first.text
    assert frame["id"] == first.json()["results"][0]["answer"]["notification_id"]


async def test_what_is_scheduled_arrives_at_its_time_and_not_before(heliograph: Service) -> None:
    name, token = heliograph.user()
    async with heliograph.connect(token) as socket:
        at = in_seconds(heliograph, 2)
        scheduled = post(heliograph, SEND, {**SAID, "user_id": name, "schedule_at": at}).json()
        assert scheduled["status"] == "scheduled"
        assert await seq_of(socket, name) == 0
        frame = await receive(socket)
    assert frame["id"] == scheduled["notification_id"]
    assert datetime.fromisoformat(frame["timestamp"]) >= datetime.fromisoformat(
        scheduled["scheduled_at"]
    )


async def test_what_is_cancelled_never_arrives(heliograph: Service) -> None:
    name, token = heliograph.user()

    def schedule(title: str, seconds: float) -> dict[str, Any]:
        body = {
            **SAID,
            "user_id": name,
            "title": title,
            "schedule_at": in_seconds(heliograph, seconds),
        }
        answer: dict[str, Any] = post(heliograph, SEND, body).json()
        return answer

    async with heliograph.connect(token) as socket:
        cancelled, kept = schedule("Cancelled", 2), schedule("Kept", 4)
        path = f"/notifications/scheduled/{cancelled['notification_id']}"
        theirs = heliograph.http.delete(path, headers={"authorization": f"Bearer {token}"})
        assert theirs.status_code == 404
        assert heliograph.http.delete(path, headers=heliograph.admin).status_code == 204
        frame = await receive(socket)
        assert (frame["title"], frame["seq"]) == ("Kept", 1)
    sent = f"/notifications/scheduled/{kept['notification_id']}"
    assert heliograph.http.delete(sent, headers=heliograph.admin).status_code == 409


async def test_what_is_far_ahead_is_found_by_the_scheduler(heliograph: Service) -> None:
    name, token = heliograph.user()
    body = {**SAID, "user_id": name, "schedule_at": in_seconds(heliograph, 300)}
    scheduled = post(heliograph, SEND, body).json()
    async with heliograph.connect(token) as socket:
        assert await seq_of(socket, name) == 0
        await heliograph.running.advance(400)
        frame = await receive(socket)
    assert (frame["id"], frame["seq"]) == (scheduled["notification_id"], 1)
    assert frame["timestamp"] >= scheduled["scheduled_at"]
