from typing import Any

import pytest

from handlers import broadcast
from infra.tables import NotificationRow
from tests import events
from tests.handlers.conftest import Service, answer

ROUTE = "POST /api/v1/notifications/broadcast"
BODY = {"notification_type": "news", "title": "News", "message": "Read all about it"}


def post(service: Service, body: object, *roles: str, by: str = "root") -> dict[str, Any]:
    token = service.token(by, *(roles or ("admin",)))
    return broadcast.handler(events.request(ROUTE, body, token), events.CONTEXT)


@pytest.fixture
def three(heliograph: Service) -> Service:
    heliograph.connect("alices", heliograph.token("alice", "member"))
    heliograph.connect("bobs", heliograph.token("bob", "manager"))
    heliograph.connect("roots", heliograph.token("root", "admin"))
    return heliograph


def receivers(service: Service) -> set[str]:
    return {to for to, frame in service.gateway.posted if frame["type"] == "notification"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("role:manager", {"bobs"}),
        ("role:*", {"alices", "bobs", "roots"}),
        ("user:alice", {"alices"}),
        ("user:*", {"alices", "bobs", "roots"}),
        ("general", {"alices", "bobs", "roots"}),
        ("*", {"alices", "bobs", "roots"}),
        ("orders:eu", {"alices", "bobs"}),
        ("orders:*", {"alices", "bobs"}),
        ("orders:eu:12", {"alices"}),
        ("orders:us", {"alices"}),
        ("nobody:here", set()),
    ],
)
def test_a_broadcast_reaches_whoever_is_subscribed_once(
    three: Service, pattern: str, expected: set[str]
) -> None:
    three.say("alices", {"type": "subscribe", "topics": ["orders:*", "orders:eu"]})
    three.say("bobs", {"type": "subscribe", "topics": ["orders:eu"]})

    response = post(three, {"pattern": pattern, **BODY})

    assert response["statusCode"] == 200
    assert answer(response)["recipients"] == answer(response)["delivered"] == len(expected)
    assert receivers(three) == expected
    notifications = [to for to, frame in three.gateway.posted if frame["type"] == "notification"]
    assert len(notifications) == len(expected)


def test_a_broadcast_is_stored_once_however_many_get_it(three: Service) -> None:
    post(three, {"pattern": "*", **BODY})
    assert [int(row.seq) for row in NotificationRow.query("general")] == [1]


def test_excluded_users_get_nothing(three: Service) -> None:
    post(three, {"pattern": "*", **BODY, "exclude_user_ids": ["bob"]})
    assert receivers(three) == {"alices", "roots"}


def test_a_dry_run_counts_and_writes_nothing(three: Service) -> None:
    body = answer(post(three, {"pattern": "*", **BODY, "dry_run": True}))
    assert (body["recipients"], body["delivered"], body["dry_run"]) == (3, 0, True)
    assert receivers(three) == set()
    assert list(NotificationRow.query("general")) == []


@pytest.mark.parametrize(
    ("fields", "roles", "status"),
    [
        ({"pattern": "role:manager"}, ("member",), 403),
        ({"pattern": "no good"}, ("admin",), 422),
        ({"pattern": "orders:*:eu"}, ("admin",), 422),
        ({"pattern": ""}, ("admin",), 422),
        ({}, ("admin",), 422),
        ({"pattern": "*", "persist": "maybe"}, ("admin",), 422),
        ({"pattern": "*", "data": {"x": "y" * 29_000}}, ("admin",), 413),
    ],
)
def test_a_refused_broadcast_reaches_nobody(
    three: Service, fields: dict[str, Any], roles: tuple[str, ...], status: int
) -> None:
    assert post(three, {**BODY, **fields}, *roles)["statusCode"] == status
    assert receivers(three) == set()
    assert list(NotificationRow.query("general")) == []
