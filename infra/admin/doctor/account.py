"""Whose account it is, and whether this machine's clock agrees with AWS's."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from infra.admin.doctor.findings import Finding, fail, ok, warn
from infra.admin.doctor.patient import Patient
from notify.tokens import LEEWAY_MS

# AWS refuses what was signed five minutes ago (SigV4).
REFUSED_MS = 5 * 60 * 1000


def look_at_account(patient: Patient) -> Iterator[Finding]:
    caller = patient.client("sts").get_caller_identity()
    yield ok("account", f"{caller['Account']} in {patient.stage.region}, as {caller['Arn']}")


def look_at_clock(patient: Patient) -> Iterator[Finding]:
    asked = patient.clock()
    answer = patient.client("sts").get_caller_identity()
    now = (asked + patient.clock()) // 2
    date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    if not date:
        yield warn("clock", "could not check: AWS's answer has no date")
        return
    yield _judged(now - round(parsedate_to_datetime(date).timestamp() * 1000))


def _judged(off_ms: int) -> Finding:
    # A Date header has whole seconds.
    seconds = abs(off_ms) // 1000
    text = f"this machine's is {seconds} s {'ahead of' if off_ms > 0 else 'behind'} AWS's"
    advice = "set it by NTP: keys are retired and tokens judged by it"
    if abs(off_ms) >= REFUSED_MS:
        return fail("clock", text, advice)
    if abs(off_ms) > LEEWAY_MS:
        return warn("clock", text, advice)
    return ok("clock", "this machine's agrees with AWS's")
