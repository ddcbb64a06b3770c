"""Whether every table is there, forgets what has expired and can be restored."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from infra.admin.doctor.expected import ExpectedTable, expected_tables
from infra.admin.doctor.findings import Finding, fail, ok, warn
from infra.admin.doctor.patient import Patient
from infra.admin.stage import error_code

ON = ("ENABLED", "ENABLING")
BACKUPS_OFF = "in production, deploy with the stage's point-in-time recovery on"


def look_at_tables(patient: Patient) -> Iterator[Finding]:
    tables = expected_tables()
    wrong = [finding for table in tables for finding in look_at_table(patient, table)]
    yield from wrong
    if not wrong:
        yield ok("tables", f"{len(tables)}, each as it is written in infra/tables.yml")


def look_at_table(patient: Patient, table: ExpectedTable) -> Iterator[Finding]:
    client, name = patient.client("dynamodb"), patient.named(table.name)
    try:
        status = client.describe_table(TableName=name)["Table"]["TableStatus"]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        yield fail("tables", f"{table.name} is missing", "deploy the stage")
        return
    if status not in ("ACTIVE", "UPDATING"):
        yield fail("tables", f"{table.name} is {status}", "look at it in the console")
    if table.expires and not _expires(patient, name):
        advice = "deploy again: what has expired stays, and is paid for"
        yield fail("tables", f"{table.name} has no time to live", advice)
    if table.backed_up and not _is_backed_up(patient, name):
        yield warn("tables", f"{table.name} cannot be restored to a point in time", BACKUPS_OFF)


def _expires(patient: Patient, name: str) -> bool:
    answer = patient.client("dynamodb").describe_time_to_live(TableName=name)
    return answer["TimeToLiveDescription"].get("TimeToLiveStatus") in ON


def _is_backed_up(patient: Patient, name: str) -> bool:
    answer = patient.client("dynamodb").describe_continuous_backups(TableName=name)
    recovery = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    return recovery.get("PointInTimeRecoveryStatus") in ON
