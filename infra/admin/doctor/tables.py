"""Whether every table is there, forgets what has expired and can be restored."""

from collections.abc import Iterator, Sequence

from botocore.exceptions import ClientError

from infra.admin.doctor.expected import ExpectedTable, expected_tables
from infra.admin.doctor.findings import Finding, fail, ok, warn
from infra.admin.doctor.patient import Patient
from infra.admin.stage import error_code

ON = ("ENABLED", "ENABLING")
# Of other stages, what is in them may be lost.
PRODUCTION = "prod"
# What may be said of a table, and what to do.
MISSING = "missing"
BROKEN = "neither active nor being updated"
FORGETS_NOTHING = "without a time to live"
NOT_BACKED_UP = "without point-in-time recovery"
ADVICE = {
    MISSING: "deploy the stage",
    BROKEN: "look at them in the console",
    FORGETS_NOTHING: "deploy again: what has expired stays, and is paid for",
    NOT_BACKED_UP: "what matters wants it: `pointInTimeRecovery` in serverless.yml, and deploy",
}


def look_at_tables(
    patient: Patient, tables: Sequence[ExpectedTable] | None = None
) -> Iterator[Finding]:
    tables = expected_tables() if tables is None else tables
    wrong: dict[str, list[str]] = {}
    for table in tables:
        for problem in _problems(patient, table):
            wrong.setdefault(problem, []).append(table.name)
    for problem, names in wrong.items():
        make = warn if problem == NOT_BACKED_UP and patient.stage.name != PRODUCTION else fail
        yield make("tables", f"{problem}: {', '.join(names)}", ADVICE[problem])
    if not wrong:
        yield ok("tables", f"{len(tables)}, each as it is written in infra/tables.yml")


def _problems(patient: Patient, table: ExpectedTable) -> Iterator[str]:
    client, name = patient.client("dynamodb"), patient.named(table.name)
    try:
        status = client.describe_table(TableName=name)["Table"]["TableStatus"]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        yield MISSING
        return
    if status not in ("ACTIVE", "UPDATING"):
        yield BROKEN
    if table.expires and not _expires(patient, name):
        yield FORGETS_NOTHING
    if table.backed_up and not _is_backed_up(patient, name):
        yield NOT_BACKED_UP


def _expires(patient: Patient, name: str) -> bool:
    answer = patient.client("dynamodb").describe_time_to_live(TableName=name)
    return answer["TimeToLiveDescription"].get("TimeToLiveStatus") in ON


def _is_backed_up(patient: Patient, name: str) -> bool:
    answer = patient.client("dynamodb").describe_continuous_backups(TableName=name)
    recovery = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    return recovery.get("PointInTimeRecoveryStatus") in ON
