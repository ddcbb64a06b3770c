from notify.account_requests import Login
from notify.contract import OPERATIONS, Operation
from notify.openapi import BASE_PATH
from tests.test_house import http_routes


def test_every_route_is_promised_and_every_promise_has_a_route() -> None:
    promised = {route.replace(" ", f" {BASE_PATH}", 1) for route in OPERATIONS}
    assert promised == http_routes()


def test_what_follows_by_itself_need_not_be_listed() -> None:
    assert Operation("x", {204: None}).statuses == [204, 401, 500, 503]
    open_to_all = Operation("x", {200: Login}, Login, refusals=(409,), needs_token=False)
    assert open_to_all.statuses == [200, 400, 409, 413, 422, 500, 503]
