from typing import Any

import pytest

from handlers import login, me, refresh
from infra import wiring
from tests import events
from tests.handlers.conftest import PASSWORD, Service, answer
from tests.infra.stores.calls import interleave


def log_in() -> Any:
    body = {"username": "alice", "password": PASSWORD}
    return answer(login.handler(events.request("POST /api/v1/auth/login", body), events.CONTEXT))


def go_on(refresh_token: object) -> dict[str, Any]:
    body = {"refresh_token": refresh_token}
    return refresh.handler(events.request("POST /api/v1/auth/refresh", body), events.CONTEXT)


def status_of(access_token: str) -> int:
    event = events.request("GET /api/v1/auth/me", token=access_token)
    return int(me.handler(event, events.CONTEXT)["statusCode"])


def test_a_refresh_token_is_answered_like_a_login(heliograph: Service) -> None:
    first, second = log_in(), go_on(log_in()["refresh_token"])
    assert second["statusCode"] == 200
    assert answer(second).keys() == first.keys()
    assert answer(second)["user"] == first["user"]
    assert status_of(answer(second)["access_token"]) == 200


def test_a_used_one_is_401_and_ends_what_followed_from_it(heliograph: Service) -> None:
    first = log_in()
    second = answer(go_on(first["refresh_token"]))
    heliograph.connect("c1", second["access_token"])

    assert go_on(first["refresh_token"])["statusCode"] == 401

    assert go_on(second["refresh_token"])["statusCode"] == 401
    assert status_of(second["access_token"]) == 401
    assert [frame["code"] for frame in heliograph.gateway.frames("c1")] == [4003]
    assert "c1" not in heliograph.gateway.open


@pytest.mark.parametrize("seed", range(4))
def test_of_two_at_once_one_wins_and_the_family_ends(heliograph: Service, seed: int) -> None:
    first = log_in()["refresh_token"]
    responses: Any = interleave(seed, lambda: go_on(first), lambda: go_on(first))
    statuses = sorted(response["statusCode"] for response in responses)
    assert statuses == [200, 401]
    (won,) = (answer(response) for response in responses if response["statusCode"] == 200)
    assert status_of(won["access_token"]) == 401
    assert go_on(won["refresh_token"])["statusCode"] == 401


@pytest.mark.parametrize(
    ("token", "status"), [("rt_nonsense", 401), ("", 401), (7, 422), ("x" * 257, 422)]
)
def test_what_is_no_refresh_token_is_refused(
    heliograph: Service, token: object, status: int
) -> None:
    assert go_on(token)["statusCode"] == status


def test_the_log_has_none_of_the_tokens(
    heliograph: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    first = log_in()
    second = answer(go_on(first["refresh_token"]))
    go_on(first["refresh_token"])
    go_on("rt_nonsense")
    printed = capsys.readouterr().out
    assert printed.count('"route": "POST /api/v1/auth/refresh"') == 3
    assert "rt_" not in printed
    assert second["access_token"] not in printed


def test_an_address_refreshes_so_often_a_minute(
    heliograph: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFRESHES_PER_MINUTE_PER_ADDRESS", "2")
    wiring.reset()
    first = log_in()["refresh_token"]
    assert [go_on("rt_nonsense")["statusCode"] for _ in range(3)] == [401, 401, 429]
    response = go_on(first)
    assert (response["statusCode"], response["headers"]["ratelimit-limit"]) == (429, "2")
