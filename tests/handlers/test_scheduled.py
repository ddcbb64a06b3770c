from typing import Any

import pytest

from handlers import broadcast, later, scheduled, send
from infra import wiring
from infra.tables import NotificationRow
from notify.jobs import ScheduledJob, encode_job
from notify.model import timestamp
from tests import events
from tests.handlers.conftest import Service, answer

SAID = {"notification_type": "approved", "title": "Approved", "message": "Loan #12 approved"}
SEND = "POST /api/v1/notifications/send-realtime"
BROADCAST = "POST /api/v1/notifications/broadcast"
CANCEL = "DELETE /api/v1/notifications/scheduled/{id}"


def schedule(service: Service, in_ms: int, **fields: Any) -> Any:
    body = {**SAID, "user_id": "alice", "schedule_at": timestamp(wiring.clock() + in_ms), **fields}
    event = events.request(SEND, body, service.token("root", "admin"))
    return answer(send.handler(event, events.CONTEXT))


def cancel(service: Service, id: str, name: str = "root", *roles: str) -> int:
    event = events.request(CANCEL, None, service.token(name, *roles), {"id": id})
    status: int = scheduled.handler(event, events.CONTEXT)["statusCode"]
    return status


def stored() -> list[str]:
    return [row.id for row in NotificationRow.query("user:alice")]


def test_a_send_with_a_time_waits_for_it_and_arrives(heliograph: Service) -> None:
    heliograph.connect("phone", heliograph.token("alice"))
    body = schedule(heliograph, 300)
    assert (body["status"], body["results"]) == ("scheduled", [])
    assert stored() == []
    (job,) = heliograph.queued("LaterQueue", wait_seconds=5)
    assert job == encode_job(ScheduledJob(body["notification_id"]))
    assert later.handler(events.batch("later", job), events.CONTEXT) == {"batchItemFailures": []}
    assert stored() == [body["notification_id"]]
    (frame,) = heliograph.gateway.frames("phone")
    assert (frame["id"], frame["sender"]["id"]) == (body["notification_id"], "root")
    assert cancel(heliograph, body["notification_id"]) == 409


def test_a_broadcast_with_a_time_says_so(heliograph: Service) -> None:
    at = timestamp(wiring.clock() + 86_400_000)
    body = {**SAID, "pattern": "general", "schedule_at": at}
    token = heliograph.token("root", "admin")
    response = broadcast.handler(events.request(BROADCAST, body, token), events.CONTEXT)
    assert response["statusCode"] == 200
    said = answer(response)
    assert (said["status"], said["scheduled_at"], said["pattern"]) == ("scheduled", at, "general")
    assert said["notification_id"].startswith("ntf_")


def test_what_is_cancelled_is_not_sent(heliograph: Service) -> None:
    waiting = schedule(heliograph, 86_400_000)["notification_id"]
    assert cancel(heliograph, waiting) == 204
    later.handler(events.batch("later", encode_job(ScheduledJob(waiting))), events.CONTEXT)
    assert stored() == []


@pytest.mark.parametrize(
    ("name", "roles", "status"),
    [("bob", ("member",), 404), ("bob", ("admin",), 204), ("bob", ("service",), 204)],
)
def test_who_may_cancel_what_another_scheduled(
    heliograph: Service, name: str, roles: tuple[str, ...], status: int
) -> None:
    waiting = schedule(heliograph, 86_400_000)["notification_id"]
    assert cancel(heliograph, waiting, name, *roles) == status


def test_what_was_never_scheduled_is_404(heliograph: Service) -> None:
    assert cancel(heliograph, "ntf_unknown") == 404


@pytest.mark.parametrize(
    ("at", "detail"),
    [
        ("2020-01-01T00:00:00Z", "schedule_at: it is past"),
        ("2999-01-01T00:00:00Z", "schedule_at: at most 365 days ahead"),
        ("2999-01-01T00:00:00", "schedule_at: expected `datetime` with a timezone component"),
        ("tomorrow", "schedule_at: invalid RFC3339 encoded datetime"),
        (5, "schedule_at: expected `datetime`, got `int`"),
    ],
)
def test_a_time_that_is_none_is_422(heliograph: Service, at: object, detail: str) -> None:
    body = schedule(heliograph, 0, schedule_at=at)
    assert (body["status"], body["detail"]) == (422, detail)
