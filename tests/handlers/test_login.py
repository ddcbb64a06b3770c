from typing import Any

import pytest

from handlers import login, me
from infra import wiring
from tests import events
from tests.handlers.conftest import PASSWORD, Service, answer

ROUTE = "POST /api/v1/auth/login"


def log_in(body: object, encoded: bool = False) -> dict[str, Any]:
    return login.handler(events.request(ROUTE, body, encoded=encoded), events.CONTEXT)


def test_a_right_password_is_answered_with_a_token_that_works(heliograph: Service) -> None:
    response = log_in({"username": "alice", "password": PASSWORD})
    body = answer(response)
    assert response["statusCode"] == 200
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert body["user"] == {"user_id": "alice", "roles": ["member"], "tenant": "acme"}
    who = me.handler(
        events.request("GET /api/v1/auth/me", token=body["access_token"]), events.CONTEXT
    )
    assert answer(who)["user_id"] == "alice"


def test_a_body_in_base64_is_read(heliograph: Service) -> None:
    assert log_in({"username": "alice", "password": PASSWORD}, encoded=True)["statusCode"] == 200


def test_an_unknown_user_and_a_wrong_password_get_the_same_answer(heliograph: Service) -> None:
    wrong = log_in({"username": "alice", "password": "wrong horse"})
    unknown = log_in({"username": "nobody", "password": "wrong horse"})
    assert wrong == unknown
    assert wrong["statusCode"] == 401
    assert answer(wrong)["detail"] == "Authentication failed"


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ("{", 400, "not JSON"),
        ("[]", 400, "not a JSON object"),
        ('{"username":"alice"}', 422, "password: required"),
        ('{"username":"alice","password":7}', 422, "password: expected `str`, got `int`"),
        ('{"username":"a","password":"b","x":1}', 422, "x: unknown field"),
        (
            '{"username":"alice","password":"' + "é" * 37 + '"}',
            422,
            "password: longer than 72 bytes in UTF-8",
        ),
        ("x" * 300_000, 413, "the body is larger than 262144 bytes"),
    ],
)
def test_a_bad_body_is_a_problem_that_names_the_field(
    heliograph: Service, body: str, status: int, detail: str
) -> None:
    response = login.handler(events.request(ROUTE, raw=body), events.CONTEXT)
    problem = answer(response)
    assert response["headers"]["content-type"] == "application/problem+json"
    assert (response["statusCode"], problem["status"], problem["detail"]) == (
        status,
        status,
        detail,
    )
    assert problem["code"] == 4000 + status
    assert problem["request_id"] == "LV7fzho-PHcEJPw="


def test_a_refresh_token_comes_with_it(heliograph: Service) -> None:
    body = answer(log_in({"username": "alice", "password": PASSWORD}))
    assert body["refresh_token"].startswith("rt_")


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_ten_wrong_passwords_are_429_whoever_exists(heliograph: Service, name: str) -> None:
    for _ in range(10):
        assert log_in({"username": name, "password": "wrong horse"})["statusCode"] == 401
    response = log_in({"username": name, "password": PASSWORD})
    problem = answer(response)
    assert (response["statusCode"], problem["code"]) == (429, 4429)
    assert problem["detail"] == "too many wrong passwords: wait a while"
    assert 0 < int(response["headers"]["retry-after"]) <= 900


def test_attempts_are_limited_by_source_address(
    heliograph: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGINS_PER_MINUTE_PER_ADDRESS", "0")
    wiring.reset()
    response = log_in({"username": "alice", "password": PASSWORD})
    assert (response["statusCode"], response["headers"]["ratelimit-limit"]) == (429, "0")


def test_the_log_has_neither_password_nor_token(
    heliograph: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    response = log_in({"username": "alice", "password": PASSWORD})
    printed = capsys.readouterr().out
    assert PASSWORD not in printed
    assert answer(response)["access_token"] not in printed
    assert answer(response)["refresh_token"] not in printed
