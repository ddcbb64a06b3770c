import json

from handlers import refuse
from tests import events
from tests.handlers.conftest import Service

BODY = json.dumps({"connection_id": "c1", "code": 4001})


def test_a_refused_connection_is_told_4001_and_then_closed(heliograph: Service) -> None:
    heliograph.gateway.open.add("c1")
    response = refuse.handler(events.batch("refusals", BODY), events.CONTEXT)
    (frame,) = heliograph.gateway.frames("c1")
    assert response == {"batchItemFailures": []}
    assert frame | {"timestamp": ""} == {
        "type": "error",
        "code": 4001,
        "name": "unauthorized",
        "message": "Authentication failed",
        "temporary": False,
        "fatal": True,
        "timestamp": "",
        "retry_after_ms": None,
    }
    assert "c1" not in heliograph.gateway.open


def test_one_connection_too_many_is_told_4004(heliograph: Service) -> None:
    heliograph.gateway.open.add("c1")
    body = json.dumps({"connection_id": "c1", "code": 4004})
    refuse.handler(events.batch("refusals", body), events.CONTEXT)
    (frame,) = heliograph.gateway.frames("c1")
    assert (frame["code"], frame["name"], frame["fatal"]) == (4004, "connection_limit", True)
    assert "c1" not in heliograph.gateway.open


def test_the_first_gone_is_tried_again_because_connect_may_still_run(heliograph: Service) -> None:
    response = refuse.handler(events.batch("refusals", BODY), events.CONTEXT)
    assert response == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_the_second_gone_is_believed(heliograph: Service) -> None:
    response = refuse.handler(events.batch("refusals", BODY, receive_count=2), events.CONTEXT)
    assert response == {"batchItemFailures": []}


def test_one_bad_message_does_not_cost_the_others(heliograph: Service) -> None:
    heliograph.gateway.open.add("c1")
    response = refuse.handler(events.batch("refusals", "not json", BODY), events.CONTEXT)
    assert response == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert len(heliograph.gateway.frames("c1")) == 1


def test_whoever_hangs_holds_up_nobody_elses_refusal(heliograph: Service) -> None:
    ids = [f"c{number}" for number in range(10)]
    heliograph.gateway.open |= set(ids)
    heliograph.gateway.together(len(ids))  # each post waits for all of them, and so each close
    bodies = [json.dumps({"connection_id": each, "code": 4001}) for each in ids]
    response = refuse.handler(events.batch("refusals", *bodies), events.CONTEXT)
    assert heliograph.gateway.answered_together
    assert response == {"batchItemFailures": []}
    assert heliograph.gateway.open == set()


def test_a_refusal_that_was_put_twice_is_told_once(heliograph: Service) -> None:
    heliograph.gateway.open.add("c1")
    response = refuse.handler(events.batch("refusals", BODY, BODY), events.CONTEXT)
    assert response == {"batchItemFailures": []}
    assert len(heliograph.gateway.frames("c1")) == 1
