import json
from typing import Any

import pytest
from msgspec import Raw

from handlers._edge.http import HttpCall, http
from handlers._edge.once import once
from infra.tables import AttemptRow
from notify.errors import Forbidden
from notify.idempotency import Answer, Trial
from tests import events
from tests.handlers.conftest import Service, answer
from tests.rows import everything

ROUTE = "POST /api/v1/notifications/send-realtime"


class Counted:
    """A handler that says how often it ran."""

    def __init__(self) -> None:
        self.ran = 0
        self.handler = http()(self._operation)

    def _operation(self, call: HttpCall) -> tuple[int, Raw]:
        return once(call, call.principal(), self._run)

    def _run(self, trial: Trial) -> Answer:
        self.ran += 1
        if self.ran > 10:
            raise Forbidden("no")
        return Answer(202, json.dumps({"ran": self.ran}).encode())

    def ask(self, service: Service, key: str | None, body: object = None) -> dict[str, Any]:
        event = events.request(ROUTE, body or {"a": 1}, service.token("root", "admin"))
        if key is not None:
            event["headers"]["idempotency-key"] = key
        return self.handler(event, events.CONTEXT)


def test_a_retry_is_answered_word_for_word_and_says_so(heliograph: Service) -> None:
    counted = Counted()
    first, retry = counted.ask(heliograph, "k"), counted.ask(heliograph, "k")
    assert (retry["statusCode"], retry["body"]) == (202, first["body"]) == (202, '{"ran": 1}')
    assert "idempotency-replayed" not in first["headers"]
    assert retry["headers"]["idempotency-replayed"] == "true"
    assert retry["headers"]["content-type"] == "application/json"


def test_without_a_key_it_runs_again(heliograph: Service) -> None:
    counted = Counted()
    assert [answer(counted.ask(heliograph, None))["ran"] for _ in range(2)] == [1, 2]


def test_another_body_under_the_key_is_422(heliograph: Service) -> None:
    counted = Counted()
    counted.ask(heliograph, "k")
    response = counted.ask(heliograph, "k", {"a": 2})
    assert (response["statusCode"], answer(response)["code"]) == (422, 4422)


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
def test_a_key_that_is_none_is_422(heliograph: Service, key: str) -> None:
    assert Counted().ask(heliograph, key)["statusCode"] == 422


def test_a_retry_of_what_still_runs_is_409_and_told_when_to_come_back(heliograph: Service) -> None:
    counted = Counted()
    counted.ask(heliograph, "k")
    (row,) = everything(AttemptRow)
    row.update([AttemptRow.answer.remove(), AttemptRow.status.remove()])
    response = counted.ask(heliograph, "k")
    assert (response["statusCode"], answer(response)["code"]) == (409, 4409)
    assert response["headers"]["retry-after"] == "1"


def test_a_refusal_is_not_kept(heliograph: Service) -> None:
    counted = Counted()
    counted.ran = 10
    assert counted.ask(heliograph, "k")["statusCode"] == 403
    counted.ran = 0
    assert counted.ask(heliograph, "k", {"a": 2})["statusCode"] == 202
