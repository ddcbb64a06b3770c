import pytest

from handlers import broadcast, deliver
from infra import wiring
from infra.stores.counts import DynamoCounts
from notify.jobs import ShardJob, encode_job
from notify.model import ConnectionId, Pattern, Username
from tests import events
from tests.handlers.conftest import Service, answer

JOB = ShardJob("bc_1", '{"type":"notification"}', Pattern("general"), 0)


def run(job: ShardJob, context: events.LambdaContext = events.CONTEXT) -> dict[str, object]:
    return deliver.handler(events.batch("deliveries", encode_job(job)), context)


def test_a_shard_is_posted_to(heliograph: Service) -> None:
    heliograph.connect("a", heliograph.token("alice"))
    heliograph.connect("b", heliograph.token("bob"))
    excluded = ShardJob(
        JOB.broadcast_id, JOB.frame, JOB.pattern, 0, exclude_user_ids=(Username("bob"),)
    )
    assert run(excluded) == {"batchItemFailures": []}
    assert [to for to, _ in heliograph.gateway.posted] == ["a"]
    assert DynamoCounts().totals().counters["delivered"] == 1


def test_it_goes_on_behind_the_cursor(heliograph: Service) -> None:
    for connection_id in ("a", "b", "c"):
        heliograph.connect(connection_id, heliograph.token("alice"))
    run(ShardJob(JOB.broadcast_id, JOB.frame, JOB.pattern, 0, after=ConnectionId("b")))
    assert [to for to, _ in heliograph.gateway.posted] == ["c"]


def test_a_job_that_cannot_be_read_stays_in_the_queue(heliograph: Service) -> None:
    response = deliver.handler(events.batch("deliveries", "{}"), events.CONTEXT)
    assert response == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_a_broadcast_to_many_is_queued_and_arrives(
    heliograph: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        heliograph.connect(f"c{number}", heliograph.token("alice"))
    monkeypatch.setenv("INLINE_RECIPIENTS", "2")
    wiring.reset()
    body = {"pattern": "*", "notification_type": "n", "title": "t", "message": "m"}
    token = heliograph.token("root", "admin")
    event = events.request("POST /api/v1/notifications/broadcast", body, token)

    response = broadcast.handler(event, events.CONTEXT)
    queued = heliograph.queued("DeliveriesQueue")
    for job in queued:
        deliver.handler(events.batch("deliveries", job), events.CONTEXT)

    assert response["statusCode"] == 202
    assert answer(response)["estimated_recipients"] == 3
    assert answer(response)["status"] == "queued"
    assert {to for to, _ in heliograph.gateway.posted} == {"c0", "c1", "c2"}
