import json
from typing import Any

import pytest

from handlers import send
from infra import wiring
from infra.stores.counts import DynamoCounts
from infra.tables import NotificationRow
from tests import events
from tests.handlers.conftest import Service, answer

ROUTE = "POST /api/v1/notifications/send-realtime"
BODY = {"notification_type": "approved", "title": "Approved", "message": "Loan #12 approved"}


def post(service: Service, body: object, *roles: str, by: str = "root") -> dict[str, Any]:
    token = service.token(by, *(roles or ("admin",)))
    return send.handler(events.request(ROUTE, body, token), events.CONTEXT)


def test_more_than_a_minute_has_is_429_and_is_not_sent(
    heliograph: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRITES_PER_MINUTE", "0")
    wiring.reset()
    response = post(heliograph, {"user_id": "alice", **BODY})
    headers = response["headers"]
    assert (response["statusCode"], answer(response)["code"]) == (429, 4429)
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("0", "0")
    assert headers["retry-after"] == headers["ratelimit-reset"]
    assert 0 < int(headers["retry-after"]) <= 60
    assert stored("user:alice") == 0


def test_an_answer_says_what_is_left_of_the_minute(heliograph: Service) -> None:
    for response in (
        post(heliograph, {"user_id": "alice", **BODY}),
        post(heliograph, {"user_id": "alice"}),  # a bad one counts, too
    ):
        assert response["headers"]["ratelimit-limit"] == "600"
        assert int(response["headers"]["ratelimit-remaining"]) in (598, 599)


def stored(stream: str) -> int:
    return sum(1 for _ in NotificationRow.query(stream))


def test_every_device_of_the_user_gets_the_notification(heliograph: Service) -> None:
    for connection_id in ("phone", "laptop"):
        heliograph.connect(connection_id, heliograph.token("alice"))
    heliograph.connect("bobs", heliograph.token("bob"))

    body = answer(post(heliograph, {"user_id": "alice", **BODY, "data": {"loan_id": 12}}))

    assert body["status"] == "delivered"
    assert body["results"] == [
        {"user_id": "alice", "seq": 1, "connections": 2, "delivered": 2, "gone": 0}
    ]
    for connection_id in ("phone", "laptop"):
        (frame,) = heliograph.gateway.frames(connection_id)
        assert (frame["id"], frame["data"]) == (body["notification_id"], {"loan_id": 12})
        assert frame["notification_type"] == "approved"
    assert heliograph.gateway.frames("bobs") == []


def test_a_user_who_is_away_has_it_stored(heliograph: Service) -> None:
    assert answer(post(heliograph, {"user_id": "bob", **BODY}))["status"] == "stored"
    assert stored("user:bob") == 1


def test_what_is_not_to_persist_and_reaches_nobody_is_undelivered(heliograph: Service) -> None:
    body = answer(post(heliograph, {"user_id": "bob", **BODY, "persist": False}))
    assert (body["status"], body["results"][0]["seq"]) == ("undelivered", None)
    assert stored("user:bob") == 0


def test_a_connection_that_is_gone_is_forgotten_and_the_others_get_theirs(
    heliograph: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for connection_id in ("lost", "here"):
        heliograph.connect(connection_id, heliograph.token("alice"))
    heliograph.connect("senders", heliograph.token("root", "admin"))
    heliograph.age("lost")
    heliograph.gateway.open.discard("lost")

    first = answer(post(heliograph, {"user_id": "alice", **BODY}))
    second = answer(post(heliograph, {"user_id": "alice", **BODY}))

    assert first["status"] == "delivered"
    assert first["results"][0] | {"seq": 0} == {
        "user_id": "alice",
        "seq": 0,
        "connections": 2,
        "delivered": 1,
        "gone": 1,
    }
    assert second["results"][0]["connections"] == 1
    assert len(heliograph.gateway.frames("here")) == 2
    assert DynamoCounts().totals().connections == 2


def test_a_throttled_post_is_queued_to_be_tried_again(heliograph: Service) -> None:
    heliograph.connect("busy", heliograph.token("alice"))
    heliograph.gateway.throttled.add("busy")
    assert answer(post(heliograph, {"user_id": "alice", **BODY}))["status"] == "stored"
    assert heliograph.queued("LaterQueue", wait_seconds=2) != []


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        ({"user_id": "nobody"}, 404, "no such user: 'nobody'"),
        ({"user_ids": ["alice", "nobody"], "user_id": None}, 404, "no such user: 'nobody'"),
        ({"user_id": 7}, 422, "user_id: expected `str`, got `int`"),
        ({"user_id": None}, 422, "user_id: give either user_id or user_ids"),
        ({"user_ids": ["bob"]}, 422, "user_id: give either user_id or user_ids"),
        ({"title": None}, 422, "title: required"),
        ({"title": "x" * 201}, 422, "title: expected `str` of length <= 200"),
        ({"priority": "asap"}, 422, "priority: invalid enum value 'asap'"),
        ({"data": []}, 422, "data: expected `object`, got `array`"),
        ({"colour": "red"}, 422, "colour: unknown field"),
        ({"ttl_seconds": 1}, 422, "ttl_seconds: expected `int` >= 60"),
    ],
)
def test_a_refused_send_writes_nothing(
    heliograph: Service, change: dict[str, Any], status: int, detail: str
) -> None:
    fields = {"user_id": "alice", **BODY, **change}
    body = {name: value for name, value in fields.items() if value is not None}
    response = post(heliograph, body)
    assert (response["statusCode"], answer(response)["detail"]) == (status, detail)
    assert stored("user:alice") == 0


def test_a_notification_above_28_kb_is_413_and_writes_nothing(heliograph: Service) -> None:
    response = post(heliograph, {"user_id": "alice", **BODY, "data": {"x": "y" * 29_000}})
    assert response["statusCode"] == 413
    assert stored("user:alice") == 0


@pytest.mark.parametrize(("roles", "status"), [(("member",), 403), (("service",), 200)])
def test_only_admins_and_services_may_send(
    heliograph: Service, roles: tuple[str, ...], status: int
) -> None:
    response = post(heliograph, {"user_id": "alice", **BODY}, *roles, by="bob")
    assert response["statusCode"] == status
    assert stored("user:alice") == (1 if status == 200 else 0)


def test_without_a_token_it_is_401(heliograph: Service) -> None:
    event = events.request(ROUTE, {"user_id": "alice", **BODY})
    assert send.handler(event, events.CONTEXT)["statusCode"] == 401


def test_what_a_notification_says_is_not_logged(
    heliograph: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    post(heliograph, {"user_id": "alice", **BODY})
    assert "Loan" not in capsys.readouterr().out


def test_a_request_is_followed_into_its_frame_and_its_numbers_into_the_log(
    heliograph: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    heliograph.connect("phone", heliograph.token("alice"))
    event = events.request(ROUTE, {"user_id": "alice", **BODY}, heliograph.token("root", "admin"))
    event["headers"]["x-correlation-id"] = "loan-12"
    capsys.readouterr()
    send.handler(event, events.CONTEXT)
    (frame,) = heliograph.gateway.frames("phone")
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert frame["correlation_id"] == line["correlation_id"] == "loan-12"
    assert (line["sent"], line["delivered"]) == (1, 1)
