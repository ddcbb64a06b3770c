"""Who gets in, and what who does not is told."""

import pytest
import websockets

from tests.journeys.conftest import Service, mint, receive, running_service, say


async def assert_refused(heliograph: Service, token: str | None) -> None:
    await heliograph.stats_at_rest()
    async with heliograph.connect(token) as socket:
        frame = await receive(socket)
        with pytest.raises(websockets.ConnectionClosedOK) as closed:
            await socket.recv()
    assert (frame["type"], frame["code"], frame["message"], frame["fatal"]) == (
        "error",
        4001,
        "Authentication failed",
        True,
    )
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000
    assert heliograph.stats()["websocket_connections"] == 0


async def test_without_a_token_one_is_refused_with_4001(heliograph: Service) -> None:
    await assert_refused(heliograph, None)


@pytest.mark.parametrize("which", ["nonsense", "expired", "forged", "nobody's"])
async def test_with_a_bad_token_one_is_refused_with_4001(heliograph: Service, which: str) -> None:
    name, _ = heliograph.user()
    tokens = {
        "nonsense": "not.a.token",
        "expired": mint(name, seconds=-10),
        "forged": mint(name, key="another-key-of-at-least-32-bytes!!"),
        "nobody's": mint("nobody-at-all"),
    }
    await assert_refused(heliograph, tokens[which])


async def test_a_refused_client_that_speaks_first_is_told_at_once(heliograph: Service) -> None:
    async with heliograph.connect(None) as socket:
        frame = await say(socket, type="subscribe", id="1", topics=["general"])
        assert (frame["code"], frame["id"]) == (4001, "1")


async def test_with_a_good_token_one_is_welcome_at_both_urls(heliograph: Service) -> None:
    name, token = heliograph.user("member")
    for path in ("/local", "/api/v1/ws/realtime"):
        async with heliograph.connect(token, path) as socket:
            welcome = await say(socket, type="hello", id="h")
            assert (welcome["type"], welcome["user_id"]) == ("welcome", name)
            assert welcome["subscriptions"] == ["general", "role:member", f"user:{name}"]


async def test_a_token_may_come_as_a_subprotocol(heliograph: Service) -> None:
    _, token = heliograph.user()
    url = heliograph.running.websocket_urls[-1]
    offers = [websockets.Subprotocol("heliograph.v1"), websockets.Subprotocol(f"token.{token}")]
    async with websockets.connect(url, subprotocols=offers) as socket:
        assert socket.subprotocol == "heliograph.v1"
        assert (await say(socket, type="ping"))["type"] == "pong"


def test_a_login_gives_a_token_that_opens_doors(heliograph: Service) -> None:
    name, _ = heliograph.user("member")
    wrong = heliograph.http.post("/auth/login", json={"username": name, "password": "no"})
    right = heliograph.http.post(
        "/auth/login", json={"username": name, "password": "correct horse"}
    )
    token = right.json()["access_token"]
    me = heliograph.http.get("/auth/me", headers={"authorization": f"Bearer {token}"})
    assert (wrong.status_code, right.status_code, me.json()["user_id"]) == (401, 200, name)


async def test_in_the_mode_reject_the_handshake_itself_is_401(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WS_REFUSAL", "reject")
    with running_service() as heliograph:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await heliograph.connect(None).__aenter__()
        _, token = heliograph.user()
        async with heliograph.connect(token) as socket:
            assert (await say(socket, type="ping"))["type"] == "pong"
    assert refused.value.response.status_code == 401


async def test_a_token_is_over_when_the_clock_says_so() -> None:
    with running_service() as heliograph:
        _, token = heliograph.user()
        bearer = {"authorization": f"Bearer {token}"}
        statuses = [heliograph.http.get("/auth/me", headers=bearer).status_code]
        await heliograph.running.advance(3601)
        statuses.append(heliograph.http.get("/auth/me", headers=bearer).status_code)
        async with heliograph.connect(token) as socket:
            assert (await receive(socket))["code"] == 4001
    assert statuses == [200, 401]


async def test_a_disabled_user_is_told_4003_and_is_out(heliograph: Service) -> None:
    name, token = heliograph.user()
    async with heliograph.connect(token) as socket:
        heliograph.http.patch(
            f"/admin/users/{name}", json={"disabled": True}, headers=heliograph.admin
        )
        frame = await receive(socket)
        with pytest.raises(websockets.ConnectionClosedOK):
            await socket.recv()
    assert (frame["code"], frame["name"], frame["fatal"]) == (4003, "revoked", True)
    await assert_refused(heliograph, token)
