from typing import Any

import pytest

from infra.admin.doctor.patient import Patient
from infra.admin.doctor.quotas import look_at_concurrency, look_at_requests
from tests.infra.admin.clients import refusal
from tests.infra.admin.doctor.patients import patient, short, told

FUNCTIONS = told(DELIVERY_WORKERS="10", DELIVERY_POSTS_PER_SECOND="2000")


def quota(value: Any) -> Patient:
    answer = value if isinstance(value, Exception) else {"Quota": {"Value": value}}
    quotas = {
        "get_service_quota": answer,
        "get_aws_default_service_quota": {"Quota": {"Value": 1000.0}},
    }
    return patient(service_quotas=quotas, **{"lambda": FUNCTIONS})


@pytest.mark.parametrize(
    ("value", "level"),
    [(1000.0, "ok"), (200.0, "warn"), (110.0, "fail"), (refusal("NoSuchResourceException"), "ok")],
)
def test_the_executions_of_an_account_are_compared_with_what_is_reserved(
    value: Any, level: str
) -> None:
    (finding,) = look_at_concurrency(quota(value))
    assert finding.level == level
    assert "the stage reserves 11" in finding.text


@pytest.mark.parametrize(("value", "level"), [(10_000.0, "ok"), (2_400.0, "warn")])
def test_the_requests_of_an_account_are_compared_with_the_pace(value: float, level: str) -> None:
    (finding,) = look_at_requests(quota(value))
    assert finding.level == level
    assert "broadcasts may take 2,000" in finding.text


def test_what_is_refused_is_not_taken_for_a_default() -> None:
    with pytest.raises(type(refusal("x"))):
        short(look_at_requests(quota(refusal("AccessDeniedException"))))
