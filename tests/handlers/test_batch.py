from typing import Any

import pytest

from handlers import batch
from infra import wiring
from infra.tables import NotificationRow
from tests import events
from tests.handlers.conftest import Service, answer

ROUTE = "POST /api/v1/notifications/batch"
SAID = {"notification_type": "approved", "title": "Approved", "message": "Loan #12 approved"}


def post(
    service: Service, *messages: object, key: str | None = None, body: object = None
) -> dict[str, Any]:
    event = events.request(ROUTE, body or {"messages": messages}, service.token("root", "admin"))
    if key is not None:
        event["headers"]["idempotency-key"] = key
    return batch.handler(event, events.CONTEXT)


def test_every_item_is_answered_in_order(heliograph: Service) -> None:
    heliograph.connect("phone", heliograph.token("alice"))
    response = post(
        heliograph,
        {**SAID, "user_id": "alice"},
        {**SAID, "user_id": "nobody"},
        {**SAID, "pattern": "general"},
        7,
    )
    first, second, third, fourth = answer(response)["results"]
    assert response["statusCode"] == 200
    assert (first["index"], first["status"], first["answer"]["status"]) == (0, 200, "delivered")
    assert (second["index"], second["status"], second["problem"]["code"]) == (1, 404, 4404)
    assert second["problem"]["detail"] == "no such user: 'nobody'"
    assert (third["status"], third["answer"]["delivered"]) == (200, 1)
    assert (fourth["status"], fourth["problem"]["status"]) == (400, 400)
    ids = [frame["id"] for frame in heliograph.gateway.frames("phone")]
    assert ids == [first["answer"]["notification_id"], third["answer"]["notification_id"]]


def test_a_retry_under_the_same_key_sends_nothing(heliograph: Service) -> None:
    first = post(heliograph, {**SAID, "user_id": "alice"}, {"bad": 1}, key="k")
    retry = post(heliograph, {**SAID, "user_id": "alice"}, {"bad": 1}, key="k")
    assert retry["headers"]["idempotency-replayed"] == "true"
    assert retry["body"] == first["body"]
    assert sum(1 for _ in NotificationRow.query("user:alice")) == 1


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"messages": []}, "messages: expected `array` of length >= 1"),
        ({"messages": [1] * 101}, "messages: expected `array` of length <= 100"),
        ({"messages": {}}, "messages: expected `array`, got `object`"),
        ({"other": 1}, "other: unknown field"),
        (
            {"messages": [{**SAID, "user_ids": [f"u{n}" for n in range(100)]}] * 6},
            "messages: at most 500 addressed users in all",
        ),
    ],
)
def test_an_envelope_that_is_wrong_is_refused_whole(
    heliograph: Service, body: dict[str, Any], detail: str
) -> None:
    response = post(heliograph, body=body)
    assert (response["statusCode"], answer(response)["detail"]) == (422, detail)


def test_each_message_counts_against_the_minute(
    heliograph: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRITES_PER_MINUTE", "2")
    wiring.reset()
    response = post(heliograph, *[{**SAID, "user_id": "alice"}] * 3)
    assert (response["statusCode"], response["headers"]["ratelimit-limit"]) == (429, "2")
    assert not list(NotificationRow.query("user:alice"))
