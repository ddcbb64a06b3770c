import pytest

from handlers import disconnect, stats
from infra import wiring
from tests import events
from tests.handlers.conftest import Service, answer

ROUTE = "GET /api/v1/notifications/stats"


def read(service: Service, *roles: str, by: str = "root") -> dict[str, object]:
    token = service.token(by, *roles)
    body: dict[str, object] = answer(
        stats.handler(events.request(ROUTE, token=token), events.CONTEXT)
    )
    return body


def test_the_numbers_are_true_before_during_and_after(heliograph: Service) -> None:
    before = read(heliograph, "admin")
    heliograph.connect("a1", heliograph.token("alice", "member"))
    heliograph.connect("a2", heliograph.token("alice", "member"))
    heliograph.connect("b1", heliograph.token("bob", "member"))
    during = read(heliograph, "admin")
    for connection_id in ("a1", "a2", "b1"):
        disconnect.handler(events.disconnect(connection_id), events.CONTEXT)
    after = read(heliograph, "admin")

    def numbers(body: dict[str, object]) -> tuple[object, ...]:
        return (
            body["websocket_connections"],
            body["user_connections"],
            body["topics"],
            body["pubsub_stats"],
        )

    nobody = {
        "active_subscribers": 0,
        "total_connections": 0,
        "subscribers_by_user": {},
        "redis_available": False,
    }
    assert numbers(before) == (0, 0, 0, nobody)
    assert numbers(during) == (
        3,
        2,
        4,  # general, role:member, user:alice, user:bob
        nobody
        | {
            "active_subscribers": 2,
            "total_connections": 3,
            "subscribers_by_user": {"alice": 2, "bob": 1},
        },
    )
    assert numbers(after) == (0, 0, 0, nobody)


def test_who_is_no_admin_sees_numbers_but_no_names(heliograph: Service) -> None:
    heliograph.connect("b1", heliograph.token("bob"))
    body = read(heliograph, "member", by="alice")
    assert body["websocket_connections"] == 1
    assert body["pubsub_stats"]["subscribers_by_user"] == {}  # type: ignore[index]


def test_without_a_token_it_is_401(heliograph: Service) -> None:
    assert stats.handler(events.request(ROUTE), events.CONTEXT)["statusCode"] == 401


def test_statistics_have_a_limit(heliograph: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READS_PER_MINUTE", "19")
    wiring.reset()
    read(heliograph, "admin")
    assert read(heliograph, "admin")["status"] == 429
