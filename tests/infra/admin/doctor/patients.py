"""Stages to examine: on clients by hand, or on moto with the tables and queues of the tests."""

from typing import Any

from infra.admin.doctor.findings import Finding
from infra.admin.doctor.patient import Patient
from infra.admin.stage import Stage
from tests.aws import PREFIX, REGION, client
from tests.infra.admin.clients import FakeClients

NOW = 1_780_000_000_000


def patient(**answers: Any) -> Patient:
    """Of services (`_` for `-`) to what their operations answer."""
    services = {name.replace("_", "-"): operations for name, operations in answers.items()}
    return Patient(FakeClients(services).stage(), lambda: NOW)


def told(**variables: str) -> dict[str, Any]:
    """A `lambda` whose functions have these variables."""
    return {"get_function_configuration": {"Environment": {"Variables": variables}}}


def on_moto(**answers: Any) -> Patient:
    """A stage called `test` on moto, but for these services."""
    by_hand = FakeClients(answers)

    def clients(service: str) -> Any:
        return by_hand(service) if service in answers else client(service)

    return Patient(Stage("test", PREFIX, REGION, clients), lambda: NOW)


def short(findings: Any) -> list[str]:
    """Level and text of each."""
    return [f"{each.level}: {each.text}" for each in findings if isinstance(each, Finding)]
