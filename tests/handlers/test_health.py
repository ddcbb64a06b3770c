import pytest

from handlers import health
from tests import events
from tests.handlers.conftest import Service, answer


def test_it_is_ok_when_the_tables_answer(heliograph: Service) -> None:
    response = health.handler(events.request("GET /api/v1/healthz"), events.CONTEXT)
    assert (response["statusCode"], answer(response)) == (200, {"status": "ok"})


def test_a_bug_is_a_500_that_says_nothing(
    heliograph: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heliograph.drop_tables()
    response = health.handler(events.request("GET /api/v1/healthz"), events.CONTEXT)
    assert response["statusCode"] == 500
    assert answer(response)["detail"] == "Something went wrong on the server"
    assert '"event": "bug"' in capsys.readouterr().out
