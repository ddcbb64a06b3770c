import json
from typing import Any

import pytest

from handlers import broadcast, deliver
from infra import wiring
from infra.stores.broadcasts import DynamoBroadcastJobs
from infra.stores.counts import DynamoCounts
from notify.deliveries import MAX_RECEIVES, RESERVE_MS
from notify.jobs import PartJob, encode_job, parse_job
from notify.parts import JobState
from tests import events
from tests.handlers.conftest import Service, answer

PLENTY = events.LambdaContext(remaining_ms=2 * RESERVE_MS)
TAKEN: dict[str, object] = {"batchItemFailures": []}
STAYS = {"batchItemFailures": [{"itemIdentifier": "m0"}]}


@pytest.fixture
def three(heliograph: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Three connections are connected, and a call posts to nobody itself."""
    monkeypatch.setenv("INLINE_RECIPIENTS", "0")
    monkeypatch.setenv("DELIVERY_POSTS_PER_SECOND", "100000")
    wiring.reset()
    for connection_id, name in (("a", "alice"), ("b", "bob"), ("c", "alice")):
        heliograph.connect(connection_id, heliograph.token(name))
    return heliograph


def queue(service: Service, **fields: object) -> Any:
    body = {"pattern": "*", "notification_type": "n", "title": "t", "message": "m", **fields}
    token = service.token("root", "admin")
    event = events.request("POST /api/v1/notifications/broadcast", body, token)
    response = broadcast.handler(event, events.CONTEXT)
    assert response["statusCode"] == 202
    return answer(response)


def run(body: str, receive_count: int = 1) -> dict[str, Any]:
    event = events.batch("deliveries", body, receive_count=receive_count)
    return deliver.handler(event, PLENTY)


def state(queued: Any) -> JobState:
    job = DynamoBroadcastJobs(wiring.clock, wiring.new_id).get(queued["broadcast_id"])
    assert job is not None
    return job.state


def test_a_broadcast_to_many_is_queued_and_arrives(three: Service) -> None:
    queued = queue(three)
    while waiting := three.queued("DeliveriesQueue"):
        for job in waiting:
            assert run(job) == TAKEN

    assert (queued["status"], queued["estimated_recipients"]) == ("queued", 3)
    assert sorted(to for to, _ in three.gateway.posted) == ["a", "b", "c"]
    assert DynamoCounts().totals().counters["delivered"] == 3
    assert state(queued) is JobState.DONE


def test_the_message_names_the_broadcast_and_says_no_more(three: Service) -> None:
    queued = queue(three)
    (body,) = three.queued("DeliveriesQueue")
    assert parse_job(body) == PartJob(queued["broadcast_id"], 0)


def test_every_line_of_a_broadcast_says_what_request_it_comes_of(
    three: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"pattern": "*", "notification_type": "n", "title": "t", "message": "m"}
    token = three.token("root", "admin")
    event = events.request("POST /api/v1/notifications/broadcast", body, token)
    event["headers"]["x-correlation-id"] = "order-12"
    broadcast.handler(event, events.CONTEXT)
    three.gateway.answer = lambda *call: 500  # type: ignore[method-assign]
    while waiting := three.messages("DeliveriesQueue"):
        for message in waiting:
            followed = message["MessageAttributes"]["correlation_id"]["StringValue"]
            deliver.handler(
                events.batch("deliveries", message["Body"], correlation_id=followed), PLENTY
            )

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["correlation_id"] for line in lines} == {"order-12"}
    assert {"http", "queue", "post_failed"} <= {line["event"] for line in lines}


def test_excluded_users_get_nothing(three: Service) -> None:
    queue(three, exclude_user_ids=["alice"])
    while waiting := three.queued("DeliveriesQueue"):
        for job in waiting:
            run(job)
    assert [to for to, _ in three.gateway.posted] == ["b"]


def test_a_message_that_cannot_be_read_stays_in_the_queue(heliograph: Service) -> None:
    assert run("{}") == STAYS


def test_what_another_worker_is_at_stays_in_the_queue(
    three: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(three)
    (plan,) = three.queued("DeliveriesQueue")
    run(plan)
    (part,) = three.queued("DeliveriesQueue")
    there, overtaking = three.gateway.answer, [lambda: run(part)]

    def answer_late(*call: Any) -> int:
        if overtaking:
            assert overtaking.pop()() == TAKEN
        return there(*call)

    three.gateway.answer = answer_late  # type: ignore[assignment, method-assign]
    assert run(part) == STAYS
    assert DynamoCounts().totals().counters["delivered"] == 3


def test_a_message_that_fails_for_the_last_time_makes_the_broadcast_fail(three: Service) -> None:
    queued = queue(three)
    (plan,) = three.queued("DeliveriesQueue")
    run(plan)
    (part,) = three.queued("DeliveriesQueue")
    last = encode_job(PartJob(queued["broadcast_id"], parse_job(part).part, tries=8))
    three.drop_table("subscriptions")
    assert run(last, MAX_RECEIVES) == STAYS
    assert state(queued) is JobState.FAILED
