"""The HTTP API behind the emulator, held to its own OpenAPI document by schemathesis."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from notify.answers.health import HealthAnswer
from notify.contract import Operation
from notify.openapi import BASE_PATH, openapi
from tests.journeys.conftest import Service, running_service

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# Every call has a token here, so that none is expected to be refused for the lack of it.
schema = schemathesis.openapi.from_dict(openapi() | {"security": []})


@pytest.fixture(scope="module")
def heliograph() -> Iterator[Service]:
    """One of its own: what is sent here is anything at all."""
    with running_service() as made:
        yield made


@schema.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_what_is_answered_is_what_is_promised(case: Case[Any], heliograph: Service) -> None:
    base_url = heliograph.running.http_url + BASE_PATH
    headers = heliograph.admin
    if case.path == "/auth/logout":  # with the admin's own token nobody would get in any more
        headers = {"authorization": f"Bearer {heliograph.user()[1]}"}
    response = case.call(base_url=base_url, headers=headers)
    case.validate_response(response, checks=CHECKS)


def test_an_answer_that_was_never_promised_is_noticed(heliograph: Service) -> None:
    other = {"GET /healthz": Operation("Something else.", {201: HealthAnswer}, needs_token=False)}
    case = schemathesis.openapi.from_dict(openapi(other))["/healthz"]["GET"].Case()
    response = case.call(base_url=heliograph.running.http_url + BASE_PATH)
    with pytest.raises(FailureGroup):
        case.validate_response(response, checks=CHECKS)
