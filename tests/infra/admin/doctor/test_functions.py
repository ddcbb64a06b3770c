from typing import Any

import pytest

from infra.admin.doctor.expected import expected_functions
from infra.admin.doctor.functions import look_at_functions, look_at_stack
from tests.infra.admin.clients import refusal
from tests.infra.admin.doctor.patients import patient, short


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("UPDATE_COMPLETE", "ok: UPDATE_COMPLETE"),
        ("UPDATE_IN_PROGRESS", "warn: UPDATE_IN_PROGRESS"),
        (
            "UPDATE_ROLLBACK_COMPLETE",
            "fail: the last deploy did not succeed: UPDATE_ROLLBACK_COMPLETE",
        ),
        ("CREATE_FAILED", "fail: the last deploy did not succeed: CREATE_FAILED"),
    ],
)
def test_a_stack_is_whole_or_not(status: str, text: str) -> None:
    stacks = {"Stacks": [{"StackStatus": status}]}
    assert short(look_at_stack(patient(cloudformation={"describe_stacks": stacks}))) == [text]


def functions(**special: Any) -> Any:
    def answer(FunctionName: str) -> Any:  # noqa: N803
        found = special.get(FunctionName.removeprefix("heliograph-dev-"), {"State": "Active"})
        if isinstance(found, Exception):
            raise found
        return found

    return patient(**{"lambda": {"get_function_configuration": answer}})


def test_functions_that_can_run_are_counted() -> None:
    assert short(look_at_functions(functions())) == [
        f"ok: {len(expected_functions())} that can run"
    ]


def test_a_function_that_cannot_run_is_named_with_the_reason() -> None:
    findings = look_at_functions(
        functions(
            connect=refusal("ResourceNotFoundException"),
            message=refusal("ResourceNotFoundException"),
            send={"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "too large"},
            sweep={"State": "Failed", "StateReason": "no such key"},
        )
    )
    assert short(findings) == [
        "fail: missing: connect, message",
        "fail: send cannot run: too large",
        "fail: sweep cannot run: no such key",
    ]
