"""The whole examination: each look by itself, so that one that is not allowed spoils no other."""

from collections.abc import Callable, Iterable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from infra.admin.doctor.account import look_at_account, look_at_clock
from infra.admin.doctor.alarms import look_at_alarms
from infra.admin.doctor.endpoints import look_at_http, look_at_websocket
from infra.admin.doctor.findings import Finding, fail, warn
from infra.admin.doctor.functions import look_at_functions, look_at_stack
from infra.admin.doctor.patient import Patient
from infra.admin.doctor.queues import look_at_queues
from infra.admin.doctor.quotas import look_at_concurrency, look_at_requests
from infra.admin.doctor.signing import look_at_keys
from infra.admin.doctor.tables import look_at_tables
from infra.admin.stage import error_code
from infra.settings import SettingsError

Look = Callable[[Patient], Iterable[Finding]]
LOOKS: tuple[tuple[str, Look], ...] = (
    ("clock", look_at_clock),
    ("stack", look_at_stack),
    ("functions", look_at_functions),
    ("http", look_at_http),
    ("websocket", look_at_websocket),
    ("tables", look_at_tables),
    ("queues", look_at_queues),
    ("alarms", look_at_alarms),
    ("keys", look_at_keys),
    ("quotas", look_at_concurrency),
    ("quotas", look_at_requests),
)
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"})


def examine(patient: Patient) -> Iterator[Finding]:
    """Raises: BotoCoreError, ClientError where not even the account can be asked for."""
    yield from look_at_account(patient)
    for subject, look in LOOKS:
        yield from _guarded(subject, look, patient)


def _guarded(subject: str, look: Look, patient: Patient) -> Iterator[Finding]:
    try:
        yield from look(patient)
    except ClientError as error:
        yield _not_checked(subject, error)
    except BotoCoreError as error:
        yield warn(subject, f"could not check: {error}")
    except SettingsError as error:
        yield fail(subject, str(error))


def _not_checked(subject: str, error: ClientError) -> Finding:
    operation, code = error.operation_name, error_code(error)
    if code in DENIED:
        return warn(subject, f"could not check: {operation} is not allowed", "allow it and retry")
    if operation == "DescribeStacks" and code == "ValidationError":
        return fail(subject, "there is no such stack", "deploy the stage")
    return warn(subject, f"could not check: {operation} answers {code}")
