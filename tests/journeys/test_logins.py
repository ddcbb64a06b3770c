"""Staying logged in and logging out, tickets, and how many connections one may hold."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from tests.journeys.conftest import PASSWORD, Service, receive, running_service, say


def log_in(heliograph: Service, name: str, password: str = PASSWORD) -> Any:
    answer = heliograph.http.post("/auth/login", json={"username": name, "password": password})
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(heliograph: Service, path: str, body: Any, token: str | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return heliograph.http.post(path, json=body, headers=headers)


def me(heliograph: Service, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return heliograph.http.get("/auth/me", headers=headers).status_code


async def end_of(socket: ClientConnection) -> tuple[int, str]:
    """The last frame's code and name; the socket is closed behind it."""
    frame = await receive(socket)
    with pytest.raises(websockets.ConnectionClosedOK):
        await socket.recv()
    return frame["code"], frame["name"]


async def test_a_refresh_goes_on_and_a_used_one_ends_everything(heliograph: Service) -> None:
    name, _ = heliograph.user("member")
    first = log_in(heliograph, name)
    second = post(heliograph, "/auth/refresh", {"refresh_token": first["refresh_token"]}).json()
    assert me(heliograph, second["access_token"]) == 200

    async with heliograph.connect(second["access_token"]) as socket:
        assert (await say(socket, type="ping"))["type"] == "pong"
        reused = post(heliograph, "/auth/refresh", {"refresh_token": first["refresh_token"]})
        assert await end_of(socket) == (4003, "revoked")

    assert (reused.status_code, reused.json()["detail"]) == (401, "Authentication failed")
    again = post(heliograph, "/auth/refresh", {"refresh_token": second["refresh_token"]})
    assert again.status_code == 401
    assert me(heliograph, second["access_token"]) == 401


async def test_a_logout_closes_this_devices_connection_and_no_other(heliograph: Service) -> None:
    name, _ = heliograph.user()
    phone, laptop = log_in(heliograph, name), log_in(heliograph, name)
    async with (
        heliograph.connect(phone["access_token"]) as on_phone,
        heliograph.connect(laptop["access_token"]) as on_laptop,
    ):
        for socket in (on_phone, on_laptop):
            await say(socket, type="ping")
        assert post(heliograph, "/auth/logout", {}, phone["access_token"]).status_code == 204
        assert await end_of(on_phone) == (4003, "revoked")
        assert (await say(on_laptop, type="ping"))["type"] == "pong"
        body = {"all_devices": True}
        assert post(heliograph, "/auth/logout", body, laptop["access_token"]).status_code == 204
        assert await end_of(on_laptop) == (4003, "revoked")
    assert [me(heliograph, each["access_token"]) for each in (phone, laptop)] == [401, 401]


async def test_a_ticket_opens_one_connection(heliograph: Service) -> None:
    name, token = heliograph.user("member")
    issued = post(heliograph, "/auth/ws-ticket", {}, token).json()
    assert issued["url"].endswith(f"/api/v1/ws/realtime?token={issued['ticket']}")
    async with websockets.connect(issued["url"]) as first:
        assert (await say(first, type="hello"))["user_id"] == name
        async with websockets.connect(issued["url"]) as second:
            assert await end_of(second) == (4001, "unauthorized")
        assert (await say(first, type="ping"))["type"] == "pong"


async def test_a_connection_goes_on_with_a_new_token(heliograph: Service) -> None:
    name, token = heliograph.user("member")
    async with heliograph.connect(token) as socket:
        assert (await say(socket, type="auth", id=1, token="nonsense"))["code"] == 4401
        heliograph.http.patch(
            f"/admin/users/{name}", json={"roles": ["editor"]}, headers=heliograph.admin
        )
        new = log_in(heliograph, name)["access_token"]
        answer = await say(socket, type="auth", id=2, token=new)
        assert (answer["type"], answer["id"]) == ("authenticated", 2)
        welcome = await say(socket, type="hello")
        assert welcome["subscriptions"] == ["general", "role:editor", f"user:{name}"]
        assert heliograph.broadcast("role:editor")["delivered"] == 1
        assert (await receive(socket))["topic"] == "role:editor"


def test_ten_wrong_passwords_lock_for_a_quarter_of_an_hour(heliograph: Service) -> None:
    name, _ = heliograph.user()
    wrong = {"username": name, "password": "wrong horse"}
    assert [post(heliograph, "/auth/login", wrong).status_code for _ in range(10)] == [401] * 10
    locked = post(heliograph, "/auth/login", {"username": name, "password": PASSWORD})
    assert (locked.status_code, locked.json()["code"]) == (429, 4429)
    assert 890 < int(locked.headers["retry-after"]) <= 900


async def test_a_disabled_users_connections_close_within_seconds(heliograph: Service) -> None:
    name, token = heliograph.user()
    async with heliograph.connect(token) as one, heliograph.connect(token) as two:
        for socket in (one, two):
            await say(socket, type="ping")
        started = time.monotonic()
        heliograph.http.patch(
            f"/admin/users/{name}", json={"disabled": True}, headers=heliograph.admin
        )
        ends = list(await asyncio.gather(end_of(one), end_of(two)))
        # The next sweep, which would find them too, may be a minute away.
        assert time.monotonic() - started < 20
    assert ends == [(4003, "revoked")] * 2


async def test_an_operator_closes_a_users_connections(heliograph: Service) -> None:
    name, token = heliograph.user()
    async with heliograph.connect(token) as socket:
        await say(socket, type="ping")
        answer = heliograph.http.post(
            f"/admin/users/{name}/disconnect",
            json={"reason": "stolen phone"},
            headers=heliograph.admin,
        )
        assert answer.json() == {"disconnected": 1}
        frame = await receive(socket)
    assert (frame["code"], frame["message"]) == (4003, "stolen phone")
    assert me(heliograph, token) == 401


# Limits


@pytest.fixture(scope="module")
def tight() -> Iterator[Service]:
    """A service where two connections a user and ten frames a minute are enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAX_CONNECTIONS_PER_USER", "2")
        patch.setenv("FRAMES_PER_MINUTE", "10")
        patch.setenv("WRITES_PER_MINUTE", "3")
        with running_service() as made:
            yield made


async def test_one_connection_too_many_is_told_4004(tight: Service) -> None:
    _, token = tight.user()
    async with tight.connect(token) as one, tight.connect(token) as two:
        for socket in (one, two):
            await say(socket, type="ping")
        async with tight.connect(token) as third:
            assert await end_of(third) == (4004, "connection_limit")
        async with tight.connect(token) as fourth:
            frame = await say(fourth, type="hello", id="h")
            assert (frame["code"], frame["id"]) == (4004, "h")
        assert (await say(one, type="ping"))["type"] == "pong"


async def test_too_many_frames_are_told_to_wait_and_the_socket_stays(tight: Service) -> None:
    _, token = tight.user()
    async with tight.connect(token) as socket:
        # Each process counts by itself: as many as there are may let ten of them pass.
        for _ in range(200):
            frame = await say(socket, type="ping")
            if frame["type"] == "error":
                break
        assert (frame["code"], frame["name"]) == (4429, "rate_limited")
        assert 0 < frame["retry_after_ms"] <= 60_000


def test_too_many_writes_are_429(tight: Service) -> None:
    name, _ = tight.user()
    body = {"user_id": name, "notification_type": "t", "title": "T", "message": "m"}
    answers = [
        tight.http.post("/notifications/send-realtime", json=body, headers=tight.admin)
        for _ in range(8)
    ]
    assert 200 in {answer.status_code for answer in answers}
    limited = next(answer for answer in answers if answer.status_code == 429)
    assert (limited.headers["ratelimit-limit"], limited.headers["ratelimit-remaining"]) == (
        "3",
        "0",
    )
    assert 0 < int(limited.headers["retry-after"]) <= 60
