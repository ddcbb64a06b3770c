"""Whether the stack is whole and every function is there and can run."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from infra.admin.doctor.expected import expected_functions
from infra.admin.doctor.findings import Finding, fail, ok, warn
from infra.admin.doctor.patient import Patient
from infra.admin.stage import error_code

DEPLOY = "deploy the stage"


def look_at_stack(patient: Patient) -> Iterator[Finding]:
    status = str(patient.stack["StackStatus"])
    if status.endswith("_IN_PROGRESS"):
        yield warn("stack", status, "wait for it and look again")
    elif "ROLLBACK" in status or status.endswith("_FAILED"):
        advice = "the events of the stack say what failed; then deploy again"
        yield fail("stack", f"the last deploy did not succeed: {status}", advice)
    else:
        yield ok("stack", status)


def look_at_functions(patient: Patient) -> Iterator[Finding]:
    names = expected_functions()
    wrong = [finding for name in names for finding in _look(patient, name)]
    yield from wrong
    if not wrong:
        yield ok("functions", f"{len(names)} that can run")


def _look(patient: Patient, name: str) -> Iterator[Finding]:
    try:
        found = patient.client("lambda").get_function_configuration(
            FunctionName=patient.named(name)
        )
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        yield fail("functions", f"{name} is missing", DEPLOY)
        return
    state, update = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
    # Inactive: not called for so long that Lambda has put it away, as it does.
    if state == "Failed" or update == "Failed":
        why = found.get("StateReason") or found.get("LastUpdateStatusReason") or "no reason given"
        yield fail("functions", f"{name} cannot run: {why}", DEPLOY)
