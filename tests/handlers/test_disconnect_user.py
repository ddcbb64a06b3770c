from typing import Any

import pytest

from handlers import disconnect_user
from tests import events
from tests.handlers.conftest import Service, answer
from tests.handlers.test_refresh import go_on, log_in, status_of

ROUTE = "POST /api/v1/admin/users/{username}/disconnect"


def disconnect(
    service: Service, body: object, name: str = "alice", role: str = "admin"
) -> dict[str, Any]:
    token = service.token("root", role)
    event = events.request(ROUTE, body, token, {"username": name})
    return disconnect_user.handler(event, events.CONTEXT)


def test_every_connection_is_closed_and_every_token_worthless(heliograph: Service) -> None:
    login = log_in()
    heliograph.connect("c1", login["access_token"])
    heliograph.connect("c2", login["access_token"])
    heliograph.connect("c3", heliograph.token("bob"))
    response = disconnect(heliograph, {"reason": "stolen phone"})
    assert (response["statusCode"], answer(response)) == (200, {"disconnected": 2})
    (frame,) = heliograph.gateway.frames("c1")
    assert (frame["code"], frame["message"]) == (4003, "stolen phone")
    assert heliograph.gateway.open == {"c3"}
    assert status_of(login["access_token"]) == 401
    assert go_on(login["refresh_token"])["statusCode"] == 401


def test_tokens_may_stay_good(heliograph: Service) -> None:
    login = log_in()
    heliograph.connect("c1", login["access_token"])
    response = disconnect(heliograph, {"reason": "maintenance", "revoke_tokens": False})
    assert answer(response) == {"disconnected": 1}
    (frame,) = heliograph.gateway.frames("c1")
    assert (frame["type"], frame["code"], frame["reconnect"]) == ("disconnect", 4200, True)
    assert heliograph.gateway.open == set()
    assert status_of(login["access_token"]) == 200


def test_an_operator_need_not_say_why(heliograph: Service) -> None:
    heliograph.connect("c1", heliograph.token("alice"))
    assert answer(disconnect(heliograph, None)) == {"disconnected": 1}
    (frame,) = heliograph.gateway.frames("c1")
    assert (frame["code"], frame["message"]) == (4003, "Disconnected by an operator")


@pytest.mark.parametrize(
    ("body", "name", "role", "status"),
    [
        ({}, "alice", "manager", 403),
        ({}, "nobody", "manager", 403),
        ({}, "nobody", "admin", 404),
        ({"reason": ""}, "alice", "admin", 422),
        ({"reason": "x" * 201}, "alice", "admin", 422),
        ({"revoke_tokens": 1}, "alice", "admin", 422),
    ],
)
def test_whoever_may_not_or_asks_wrongly_closes_nothing(
    heliograph: Service, body: object, name: str, role: str, status: int
) -> None:
    heliograph.connect("c1", heliograph.token("alice"))
    assert disconnect(heliograph, body, name, role)["statusCode"] == status
    assert heliograph.gateway.open == {"c1"}
