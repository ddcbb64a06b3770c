import pytest

from handlers import logout
from tests import events
from tests.handlers.conftest import Service
from tests.handlers.test_refresh import go_on, log_in, status_of


def log_out(token: str, body: object) -> int:
    event = events.request("POST /api/v1/auth/logout", body, token)
    return int(logout.handler(event, events.CONTEXT)["statusCode"])


def test_a_logout_ends_this_login_and_its_connections(heliograph: Service) -> None:
    phone, laptop = log_in(), log_in()
    heliograph.connect("c1", phone["access_token"])
    heliograph.connect("c2", laptop["access_token"])

    assert log_out(phone["access_token"], {}) == 204

    assert [status_of(each["access_token"]) for each in (phone, laptop)] == [401, 200]
    assert [frame["code"] for frame in heliograph.gateway.frames("c1")] == [4003]
    assert heliograph.gateway.open == {"c2"}
    assert go_on(phone["refresh_token"])["statusCode"] == 401
    assert go_on(laptop["refresh_token"])["statusCode"] == 200


def test_a_logout_from_all_devices_ends_every_login(heliograph: Service) -> None:
    phone, laptop = log_in(), log_in()
    heliograph.connect("c2", laptop["access_token"])
    assert log_out(phone["access_token"], {"all_devices": True}) == 204
    assert [status_of(each["access_token"]) for each in (phone, laptop)] == [401, 401]
    assert go_on(laptop["refresh_token"])["statusCode"] == 401
    assert heliograph.gateway.open == set()


@pytest.mark.parametrize(
    ("body", "status"), [({"all_devices": "yes"}, 422), ({"who": 1}, 422), ([], 400)]
)
def test_a_bad_body_ends_nothing(heliograph: Service, body: object, status: int) -> None:
    token = log_in()["access_token"]
    assert log_out(token, body) == status
    assert status_of(token) == 200


def test_a_logout_needs_no_body(heliograph: Service) -> None:
    phone, laptop = log_in(), log_in()
    assert log_out(phone["access_token"], None) == 204
    assert [status_of(each["access_token"]) for each in (phone, laptop)] == [401, 200]


def test_a_token_that_names_no_login_must_end_all_of_them(heliograph: Service) -> None:
    token = heliograph.token("alice")
    assert [log_out(token, {}), log_out(token, {"all_devices": True})] == [422, 204]


def test_nobody_is_logged_out_without_a_token(heliograph: Service) -> None:
    assert log_out("", {}) == 401
