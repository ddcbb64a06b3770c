from typing import Any

import pytest

from handlers import later, login, me, refresh, users
from notify.jobs import RevokeJob, encode_job
from notify.model import Username
from tests import events
from tests.handlers.conftest import PASSWORD, Service, answer
from tests.infra.stores.calls import before, failing

ONE = "/api/v1/admin/users/{username}"


def call(
    service: Service, method: str, body: object = None, name: str | None = None, role: str = "admin"
) -> dict[str, Any]:
    path = {"username": name} if name else None
    route = f"{method} {ONE if name else '/api/v1/admin/users'}"
    token = service.token("root", role)
    return users.handler(events.request(route, body, token, path), events.CONTEXT)


def log_in(name: str, password: str) -> dict[str, Any]:
    body = {"username": name, "password": password}
    return login.handler(events.request("POST /api/v1/auth/login", body), events.CONTEXT)


def test_a_created_user_can_log_in(heliograph: Service) -> None:
    new = {"username": "carol", "password": "carols password", "roles": ["member"], "tenant": "t1"}
    created = call(heliograph, "POST", new)
    assert created["statusCode"] == 201
    assert answer(created) == {
        "user_id": "carol",
        "roles": ["member"],
        "tenant": "t1",
        "disabled": False,
    }
    assert log_in("carol", "carols password")["statusCode"] == 200


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        ({"username": "alice"}, 409, "the user exists already: alice"),
        (
            {"username": "no good"},
            422,
            "username: 1 to 64 of the characters A-Z a-z 0-9 _ . @ -",
        ),
        (
            {"username": "carol\n"},
            422,
            "username: 1 to 64 of the characters A-Z a-z 0-9 _ . @ -",
        ),
        ({"password": "short"}, 422, "password: at least 8 characters"),
        ({"password": "x" * 73}, 422, "password: longer than 72 bytes in UTF-8"),
        ({"password": "null\0byte"}, 422, "password: must not contain a NUL"),
        ({"roles": ["a b"]}, 422, "roles: 1 to 64 of the characters A-Z a-z 0-9 _ . @ -"),
        ({"roles": "admin"}, 422, "roles: expected `array`, got `str`"),
        ({"shoe_size": 43}, 422, "shoe_size: unknown field"),
    ],
)
def test_a_refused_user_is_not_created(
    heliograph: Service, change: dict[str, Any], status: int, detail: str
) -> None:
    new = {"username": "carol", "password": "carols password", **change}
    response = call(heliograph, "POST", new)
    assert (response["statusCode"], answer(response)["detail"]) == (status, detail)
    assert log_in("carol", "carols password")["statusCode"] == 401


def test_a_login_with_the_old_password_a_moment_before_is_worth_nothing(
    heliograph: Service,
) -> None:
    late: list[Any] = []
    with before("UpdateItem", "users", lambda: late.append(log_in("alice", PASSWORD))):
        call(heliograph, "PATCH", {"password": "battery staple"}, "alice")
    (grant,) = map(answer, late)
    event = events.request("GET /api/v1/auth/me", token=grant["access_token"])
    assert me.handler(event, events.CONTEXT)["statusCode"] == 401
    body = {"refresh_token": grant["refresh_token"]}
    event = events.request("POST /api/v1/auth/refresh", body)
    assert refresh.handler(event, events.CONTEXT)["statusCode"] == 401


def test_a_new_password_makes_old_tokens_worthless(heliograph: Service) -> None:
    old = answer(log_in("alice", PASSWORD))["access_token"]
    assert call(heliograph, "PATCH", {"password": "battery staple"}, "alice")["statusCode"] == 200
    new = answer(log_in("alice", "battery staple"))["access_token"]

    def status(token: str) -> int:
        event = events.request("GET /api/v1/auth/me", token=token)
        return int(me.handler(event, events.CONTEXT)["statusCode"])

    assert (status(old), status(new)) == (401, 200)


def test_a_disabled_user_cannot_log_in_or_connect(heliograph: Service) -> None:
    call(heliograph, "PATCH", {"disabled": True}, "alice")
    assert log_in("alice", PASSWORD)["statusCode"] == 401
    heliograph.connect("c1", heliograph.token("alice"))
    assert len(heliograph.queued("RefusalsQueue", wait_seconds=2)) == 1


def test_roles_and_tenant_can_be_changed_and_taken(heliograph: Service) -> None:
    changed = answer(call(heliograph, "PATCH", {"roles": ["a", "b"], "tenant": None}, "alice"))
    assert (changed["roles"], changed["tenant"]) == (["a", "b"], None)


def test_a_removed_user_is_unknown(heliograph: Service) -> None:
    assert call(heliograph, "DELETE", name="alice")["statusCode"] == 204
    assert call(heliograph, "DELETE", name="alice")["statusCode"] == 404
    assert call(heliograph, "PATCH", {"roles": []}, "alice")["statusCode"] == 404


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_only_an_admin_may(heliograph: Service, method: str) -> None:
    body = {"username": "carol", "password": "carols password"} if method == "POST" else {}
    name = None if method == "POST" else "alice"
    assert call(heliograph, method, body, name, role="manager")["statusCode"] == 403
    assert log_in("alice", PASSWORD)["statusCode"] == 200


@pytest.mark.parametrize(
    ("method", "body", "code"),
    [
        ("PATCH", {"disabled": True}, 4003),
        ("PATCH", {"password": "battery staple"}, 4003),
        ("DELETE", None, 4003),
        ("PATCH", {"roles": ["member"]}, None),
        ("PATCH", {"disabled": False}, None),
    ],
)
def test_open_connections_end_with_the_login_that_opened_them(
    heliograph: Service, method: str, body: object, code: int | None
) -> None:
    heliograph.connect("c1", heliograph.token("alice"))
    heliograph.connect("c2", heliograph.token("bob"))
    call(heliograph, method, body, "alice")
    assert [frame["code"] for frame in heliograph.gateway.frames("c1")] == ([code] if code else [])
    assert ("c1" in heliograph.gateway.open) == (code is None)
    assert "c2" in heliograph.gateway.open


def test_a_removal_that_could_not_close_the_connections_does_so_when_repeated(
    heliograph: Service,
) -> None:
    heliograph.connect("c1", heliograph.token("alice"))
    with failing("ThrottlingException", operation="Query", table="subscriptions"):
        assert call(heliograph, "DELETE", name="alice")["statusCode"] == 503
    assert heliograph.gateway.open == {"c1"}
    assert call(heliograph, "DELETE", name="alice")["statusCode"] == 404
    assert heliograph.gateway.open == set()


def test_a_job_closes_what_a_removal_has_left_open(heliograph: Service) -> None:
    heliograph.connect("c1", heliograph.token("alice"))
    heliograph.connect("c2", heliograph.token("bob"))
    with failing("ThrottlingException", operation="Query", table="subscriptions"):
        call(heliograph, "DELETE", name="alice")
    for name in ("alice", "bob"):
        job = encode_job(RevokeJob(Username(name), "gone"))
        response = later.handler(events.batch("later", job), events.CONTEXT)
        assert response == {"batchItemFailures": []}
    assert heliograph.gateway.open == {"c2"}
