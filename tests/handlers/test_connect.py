import json
from typing import Any

import pytest

from handlers import connect, users
from infra import wiring
from infra.stores.counts import DynamoCounts
from infra.tables import SubscriptionRow
from infra.wiring.connections import connections as opened_connections
from notify.model import ConnectionId
from tests import events
from tests.handlers.conftest import Service
from tests.infra.stores.calls import before
from tests.rows import everything


def connections() -> int:
    return DynamoCounts().totals().connections


def test_a_good_token_opens_a_connection(heliograph: Service) -> None:
    response = heliograph.connect("c1", heliograph.token("alice"))
    assert response == {"statusCode": 200, "headers": {}}
    assert connections() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer {token}"},
        {"authorization": "bearer {token}"},
        {"Sec-WebSocket-Protocol": "heliograph.v1, token.{token}"},
    ],
)
def test_a_token_may_come_in_a_header(heliograph: Service, headers: dict[str, str]) -> None:
    token = heliograph.token("alice")
    filled = {name: value.format(token=token) for name, value in headers.items()}
    assert heliograph.connect("c1", None, **filled)["statusCode"] == 200
    assert connections() == 1


def test_the_subprotocol_is_echoed_and_the_token_in_it_is_not(heliograph: Service) -> None:
    offer = f"heliograph.v1, token.{heliograph.token('alice')}"
    response = heliograph.connect("c1", None, **{"Sec-WebSocket-Protocol": offer})
    assert response["headers"] == {"Sec-WebSocket-Protocol": "heliograph.v1"}


def bad_tokens(heliograph: Service) -> dict[str, str | None]:
    return {
        "none": None,
        "empty": "",
        "nonsense": "not.a.token",
        "expired": heliograph.token("alice", seconds=-1),
        "another key": heliograph.token("alice", key="another-key-of-at-least-32-bytes!!"),
        "nobody's": heliograph.token("mallory"),
    }


@pytest.mark.parametrize(
    "which", ["none", "empty", "nonsense", "expired", "another key", "nobody's"]
)
def test_a_bad_token_is_refused_by_a_frame_and_stores_nothing(
    heliograph: Service, which: str
) -> None:
    response = heliograph.connect("c1", bad_tokens(heliograph)[which])
    assert response["statusCode"] == 200
    assert [json.loads(body) for body in heliograph.queued("RefusalsQueue")] == [
        {"connection_id": "c1", "code": 4001}
    ]
    assert connections() == 0


def test_in_the_mode_reject_the_handshake_itself_fails(
    heliograph: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WS_REFUSAL", "reject")
    wiring.reset()
    assert heliograph.connect("c1", None) == {"statusCode": 401}
    assert heliograph.queued("RefusalsQueue") == []


@pytest.fixture
def two_allowed(heliograph: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """alice holds c1 and c2, and may hold no more."""
    monkeypatch.setenv("MAX_CONNECTIONS_PER_USER", "2")
    wiring.reset()
    for connection_id in ("c1", "c2"):
        heliograph.connect(connection_id, heliograph.token("alice"))
        heliograph.age(connection_id)
    return heliograph


def test_one_connection_too_many_is_refused_by_a_frame_with_4004(two_allowed: Service) -> None:
    assert two_allowed.connect("c3", two_allowed.token("alice"))["statusCode"] == 200
    assert [json.loads(body) for body in two_allowed.queued("RefusalsQueue")] == [
        {"connection_id": "c3", "code": 4004}
    ]
    assert connections() == 2
    (frame,) = two_allowed.say("c3", {"type": "hello"})
    assert frame["code"] == 4004


def test_one_connection_too_many_is_403_in_the_mode_reject(
    two_allowed: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WS_REFUSAL", "reject")
    wiring.reset()
    assert two_allowed.connect("c3", two_allowed.token("alice")) == {"statusCode": 403}


def test_a_connection_that_is_lost_makes_room(two_allowed: Service) -> None:
    two_allowed.gateway.open.discard("c1")
    two_allowed.connect("c3", two_allowed.token("alice"))
    assert two_allowed.queued("RefusalsQueue") == []
    assert two_allowed.say("c3", {"type": "ping"})[0]["type"] == "pong"
    assert connections() == 2


def test_of_a_connection_that_is_closed_while_it_opens_nothing_is_left(
    heliograph: Service,
) -> None:
    token = heliograph.token("alice")
    # DynamoDB writes a batch one by one, and whoever ends the login finds what is there by then.
    with before("BatchWriteItem", "subscriptions", lambda: disable_and_close(heliograph, "c1")):
        heliograph.connect("c1", token)
    assert [json.loads(body) for body in heliograph.queued("RefusalsQueue")] == [
        {"connection_id": "c1", "code": 4001}
    ]
    assert everything(SubscriptionRow) == []
    assert connections() == 0


def disable_and_close(heliograph: Service, connection_id: str) -> None:
    route, path = "PATCH /api/v1/admin/users/{username}", {"username": "alice"}
    by = heliograph.token("root", "admin")
    users.handler(events.request(route, {"disabled": True}, by, path), events.CONTEXT)
    opened_connections().close(ConnectionId(connection_id))


def test_a_store_that_does_not_answer_fails_the_handshake_as_temporary(
    heliograph: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUSALS_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/missing")
    wiring.reset()
    assert heliograph.connect("c1", None) == {"statusCode": 503}


def test_the_log_line_names_the_principal_and_not_the_token(
    heliograph: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    token = heliograph.token("alice")
    connect.handler(events.connect("c1", token), events.CONTEXT)
    printed = capsys.readouterr().out
    line: dict[str, Any] = json.loads(printed.splitlines()[-1])
    assert (line["route"], line["principal"], line["outcome"]) == ("$connect", "alice", "ok")
    assert token not in printed
