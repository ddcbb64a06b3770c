from typing import Any

import pytest

from handlers import me, ticket
from infra import wiring
from tests import events
from tests.handlers.conftest import Service, answer


def issue(token: str | None) -> dict[str, Any]:
    event = events.request("POST /api/v1/auth/ws-ticket", token=token)
    return ticket.handler(event, events.CONTEXT)


def test_a_ticket_opens_one_connection(heliograph: Service) -> None:
    issued = answer(issue(heliograph.token("alice", "member")))
    assert issued["ticket"].startswith("wst_")
    assert issued["expires_in"] == 30
    heliograph.connect("c1", issued["ticket"])
    heliograph.connect("c2", issued["ticket"])
    (welcome,) = heliograph.say("c1", {"type": "hello"})
    assert (welcome["user_id"], welcome["roles"]) == ("alice", ["member"])
    assert heliograph.say("c2", {"type": "ping"})[0]["code"] == 4001


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("wss://api.example.com/prod", "wss://api.example.com/prod"),
        ("", "wss://localhost/api/v1/ws/realtime"),
    ],
)
def test_the_url_is_the_stages_or_behind_the_same_host(
    heliograph: Service, monkeypatch: pytest.MonkeyPatch, setting: str, url: str
) -> None:
    monkeypatch.setenv("WEBSOCKET_URL", setting)
    wiring.reset()
    issued = answer(issue(heliograph.token("alice")))
    assert issued["url"] == f"{url}?token={issued['ticket']}"


def test_a_ticket_is_no_token_of_the_http_api(heliograph: Service) -> None:
    issued = answer(issue(heliograph.token("alice")))["ticket"]
    event = events.request("GET /api/v1/auth/me", token=issued)
    assert me.handler(event, events.CONTEXT)["statusCode"] == 401
    assert issue(issued)["statusCode"] == 401


def test_nobody_gets_a_ticket_without_a_token(heliograph: Service) -> None:
    assert issue(None)["statusCode"] == 401


def test_the_log_has_no_ticket(heliograph: Service, capsys: pytest.CaptureFixture[str]) -> None:
    issued = answer(issue(heliograph.token("alice")))["ticket"]
    heliograph.connect("c1", issued)
    heliograph.connect("c2", issued)
    printed = capsys.readouterr().out
    assert '"route": "POST /api/v1/auth/ws-ticket"' in printed
    assert '"route": "$connect"' in printed
    assert "wst_" not in printed
