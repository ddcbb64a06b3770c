from typing import Any

import pytest

from infra.admin.doctor.patient import Patient
from infra.admin.doctor.quotas import (
    judge_concurrency,
    look_at_concurrency,
    look_at_requests,
)
from tests.infra.admin.clients import refusal
from tests.infra.admin.doctor.patients import patient, short, told

FUNCTIONS = told(DELIVERY_WORKERS="10", DELIVERY_POSTS_PER_SECOND="2000")


def concurrency(at_once: int, free: int, workers: int = 10, **reserved: int) -> Patient:
    """Of a stage whose functions have so many executions reserved, and none where not given."""

    def of_function(FunctionName: str) -> Any:  # noqa: N803
        number = reserved.get(FunctionName.removeprefix("heliograph-dev-"))
        return {} if number is None else {"ReservedConcurrentExecutions": number}

    limit = {"ConcurrentExecutions": at_once, "UnreservedConcurrentExecutions": free}
    answers = {
        **told(DELIVERY_WORKERS=str(workers)),
        "get_account_settings": {"AccountLimit": limit},
        "get_function_concurrency": of_function,
    }
    return patient(**{"lambda": answers})


def quota(value: Any) -> Patient:
    answer = value if isinstance(value, Exception) else {"Quota": {"Value": value}}
    quotas = {
        "get_service_quota": answer,
        "get_aws_default_service_quota": {"Quota": {"Value": 1000.0}},
    }
    return patient(service_quotas=quotas, **{"lambda": FUNCTIONS})


STAGES = {"deliver": 10, "sweep": 1}


def test_what_is_reserved_is_told_beside_what_the_account_has() -> None:
    assert short(look_at_concurrency(concurrency(1000, 939, **STAGES))) == [
        "ok: 1,000 Lambda executions at once, 61 of them reserved in the account;"
        " by the stage 11 (deliver 10, sweep 1)"
    ]


def test_a_small_account_is_a_warning() -> None:
    (told,) = short(look_at_concurrency(concurrency(200, 189, **STAGES)))
    assert told.startswith("warn: ")
    assert told.endswith("less than the usual 1,000")


@pytest.mark.parametrize(("at_once", "free"), [(10, 10), (110, 110), (1000, 110)])
def test_a_deploy_that_would_leave_too_few_is_foreseen(at_once: int, free: int) -> None:
    (told,) = short(look_at_concurrency(concurrency(at_once, free)))
    assert told.startswith("fail: ")
    assert "by the stage none. A deploy with 11 (deliver 10, sweep 1) is refused: 100" in told


@pytest.mark.parametrize("reserved", [{}, {"deliver": 10}, {"deliver": 20, "sweep": 1}])
def test_what_the_next_deploy_would_change_is_told(reserved: dict[str, int]) -> None:
    (told,) = short(look_at_concurrency(concurrency(1000, 111, **reserved)))
    assert told.startswith("warn: ")
    assert told.endswith("where serverless.yml has 11 (deliver 10, sweep 1)")


def test_a_stage_that_reserves_nothing_may_be_held_up() -> None:
    nothing = {"deliver": 0, "sweep": 0}
    (told,) = short([judge_concurrency(10, 10, nothing, nothing)])
    assert told.startswith("warn: 10 Lambda executions at once, 0 of them reserved")
    assert told.endswith("hold up deliver and sweep")


def test_more_workers_than_executions_end_among_the_dead_letters() -> None:
    findings = list(look_at_concurrency(concurrency(1000, 989, workers=20, **STAGES)))
    assert short(findings)[1:] == ["fail: deliver has 20 workers and 10 executions reserved"]


@pytest.mark.parametrize(
    ("value", "level"),
    [(10_000.0, "ok"), (2_400.0, "warn"), (refusal("NoSuchResourceException"), "warn")],
)
def test_the_requests_of_an_account_are_compared_with_the_pace(value: Any, level: str) -> None:
    (finding,) = look_at_requests(quota(value))
    assert finding.level == level
    assert "broadcasts may take 2,000" in finding.text


def test_what_is_refused_is_not_taken_for_a_default() -> None:
    with pytest.raises(type(refusal("x"))):
        short(look_at_requests(quota(refusal("AccessDeniedException"))))
