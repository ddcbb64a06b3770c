from typing import Any

import pytest

from handlers import broadcast, broadcast_job, deliver, stats
from infra import wiring
from notify.deliveries import RESERVE_MS
from tests import events
from tests.handlers.conftest import Service, answer

ROUTE = "/api/v1/notifications/broadcasts/{id}"
ADMIN = ("root", "admin")
PLENTY = events.LambdaContext(remaining_ms=2 * RESERVE_MS)


@pytest.fixture
def queued(heliograph: Service, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The answer to a broadcast that the queue does."""
    monkeypatch.setenv("INLINE_RECIPIENTS", "0")
    monkeypatch.setenv("DELIVERY_POSTS_PER_SECOND", "100000")
    wiring.reset()
    for connection_id in ("a", "b"):
        heliograph.connect(connection_id, heliograph.token("alice"))
    body = {"pattern": "*", "notification_type": "n", "title": "t", "message": "m"}
    token = heliograph.token("root", "admin")
    event = events.request("POST /api/v1/notifications/broadcast", body, token)
    made: dict[str, Any] = answer(broadcast.handler(event, events.CONTEXT))
    return made


def ask(
    service: Service, broadcast_id: str, method: str = "GET", who: tuple[str, str] = ADMIN
) -> dict[str, Any]:
    token = service.token(*who)
    event = events.request(f"{method} {ROUTE}", token=token, path={"id": broadcast_id})
    return broadcast_job.handler(event, events.CONTEXT)


def deliver_all(service: Service) -> None:
    while waiting := service.queued("DeliveriesQueue"):
        deliver.handler(events.batch("deliveries", *waiting), PLENTY)


def test_a_broadcast_is_followed_until_it_is_done(
    heliograph: Service, queued: dict[str, Any]
) -> None:
    before = answer(ask(heliograph, queued["broadcast_id"]))
    deliver_all(heliograph)
    after = answer(ask(heliograph, queued["broadcast_id"]))
    created_at = before.pop("created_at")
    assert before == {
        "broadcast_id": queued["broadcast_id"],
        "state": "queued",
        "pattern": "*",
        "notification_id": queued["notification_id"],
        "shards": {"total": 1, "done": 0},
        "delivered": 0,
        "gone": 0,
        "failed": 0,
        "eta_seconds": None,
    }
    assert after == before | {
        "state": "done",
        "shards": {"total": 1, "done": 1},
        "delivered": 2,
        "eta_seconds": 0,
        "created_at": created_at,
    }


def test_a_broadcast_is_cancelled(heliograph: Service, queued: dict[str, Any]) -> None:
    for _ in range(2):
        response = ask(heliograph, queued["broadcast_id"], "DELETE")
        assert (response["statusCode"], answer(response)["state"]) == (200, "cancelled")
    deliver_all(heliograph)
    assert heliograph.gateway.posted == []


def test_what_is_done_cannot_be_cancelled(heliograph: Service, queued: dict[str, Any]) -> None:
    deliver_all(heliograph)
    response = ask(heliograph, queued["broadcast_id"], "DELETE")
    assert (response["statusCode"], answer(response)["code"]) == (409, 4409)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_to_who_may_not_publish_there_it_does_not_exist(
    heliograph: Service, queued: dict[str, Any], method: str
) -> None:
    for broadcast_id in (queued["broadcast_id"], "bc_none"):
        response = ask(heliograph, broadcast_id, method, ("alice", "member"))
        assert (response["statusCode"], answer(response)["code"]) == (404, 4404)
    assert answer(ask(heliograph, queued["broadcast_id"]))["state"] == "queued"


def test_without_a_token_it_is_401(heliograph: Service) -> None:
    event = events.request(f"GET {ROUTE}", path={"id": "bc_1"})
    assert broadcast_job.handler(event, events.CONTEXT)["statusCode"] == 401


def test_what_waits_is_in_the_statistics(heliograph: Service, queued: dict[str, Any]) -> None:
    def read() -> object:
        token = heliograph.token("root", "admin")
        event = events.request("GET /api/v1/notifications/stats", token=token)
        return answer(stats.handler(event, events.CONTEXT))["broadcasts"]

    before = read()
    deliver_all(heliograph)
    assert (before, read()) == ({"running": 0, "queued": 1}, {"running": 0, "queued": 0})
