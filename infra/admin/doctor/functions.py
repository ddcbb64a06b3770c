"""Whether the stack is whole and every function is there and can run."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from infra.admin.doctor.expected import expected_functions
from infra.admin.doctor.findings import Finding, fail, ok, warn
from infra.admin.doctor.patient import Patient
from infra.admin.stage import error_code

DEPLOY = "deploy the stage"
MISSING = "missing"


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
    wrong = {name: problem for name in names if (problem := _problem(patient, name))}
    missing = [name for name, problem in wrong.items() if problem == MISSING]
    if missing:
        yield fail("functions", f"missing: {', '.join(missing)}", DEPLOY)
    for name, problem in wrong.items():
        if name not in missing:
            yield fail("functions", f"{name} cannot run: {problem}", DEPLOY)
    if not wrong:
        yield ok("functions", f"{len(names)} that can run")


def _problem(patient: Patient, name: str) -> str:
    """Empty where there is none."""
    client, function = patient.client("lambda"), patient.named(name)
    try:
        found = client.get_function_configuration(FunctionName=function)
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return MISSING
    # Inactive is no problem: not called for so long that Lambda has put it away.
    if found.get("State") == "Failed":
        return str(found.get("StateReason", "no reason given"))
    if found.get("LastUpdateStatus") == "Failed":
        return str(found.get("LastUpdateStatusReason", "no reason given"))
    return ""
