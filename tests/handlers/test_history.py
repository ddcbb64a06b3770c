from typing import Any

import pytest

from handlers import broadcast, history
from infra import wiring
from tests import events
from tests.handlers.conftest import Service, answer

ROUTE = "GET /api/v1/history/{topic}"


@pytest.fixture
def told(heliograph: Service) -> Service:
    """Three broadcasts to orders:eu."""
    for number in range(3):
        body = {
            "pattern": "orders:eu",
            "notification_type": "t",
            "title": f"No. {number}",
            "message": "m",
        }
        event = events.request(
            "POST /api/v1/notifications/broadcast", body, heliograph.token("root", "admin")
        )
        assert broadcast.handler(event, events.CONTEXT)["statusCode"] == 200
    return heliograph


def read(service: Service, topic: str, **query: str) -> tuple[int, Any]:
    event = events.request(
        ROUTE, token=service.token("alice"), path={"topic": topic}, query=query or None
    )
    response = history.handler(event, events.CONTEXT)
    return response["statusCode"], answer(response)


def test_a_topic_is_told_in_order(told: Service) -> None:
    status, body = read(told, "orders:eu")
    assert status == 200
    assert [entry["title"] for entry in body["entries"]] == ["No. 0", "No. 1", "No. 2"]
    assert (body["topic"], body["seq"], body["has_more"]) == ("orders:eu", 3, False)
    assert {entry["epoch"] for entry in body["entries"]} == {body["epoch"]}


def test_it_goes_on_behind_a_number(told: Service) -> None:
    _, body = read(told, "orders:eu", after_seq="1", limit="1")
    assert [entry["seq"] for entry in body["entries"]] == [2]
    assert (body["seq"], body["has_more"]) == (2, True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"after_seq": "-1"}, "after_seq"),
        ({"after_seq": ""}, "after_seq"),
        ({"after_seq": "x"}, "after_seq"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "true"}, "limit"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(
    told: Service, query: dict[str, str], field: str
) -> None:
    status, body = read(told, "orders:eu", **query)
    assert (status, body["code"]) == (422, 4422)
    assert body["detail"].startswith(field)


@pytest.mark.parametrize(("topic", "status"), [("user:bob", 403), ("no topic", 422)])
def test_what_may_not_be_read_is_refused(heliograph: Service, topic: str, status: int) -> None:
    assert read(heliograph, topic)[0] == status


def test_without_a_token_it_is_401(heliograph: Service) -> None:
    event = events.request(ROUTE, path={"topic": "general"})
    assert history.handler(event, events.CONTEXT)["statusCode"] == 401


def test_pages_have_a_limit(told: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READS_PER_MINUTE", "2")
    wiring.reset()
    assert [read(told, "orders:eu")[0] for _ in range(3)] == [200, 200, 429]
