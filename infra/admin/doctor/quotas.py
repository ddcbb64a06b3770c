"""Whether the account may do what the stage is set to do."""

from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from infra.admin.doctor.expected import expected_reserved
from infra.admin.doctor.findings import Finding, fail, ok, warn
from infra.admin.doctor.patient import Patient
from infra.admin.stage import error_code

# Codes are the same in every region: `aws service-quotas list-service-quotas --service-code …`.
REQUESTS = ("apigateway", "L-8A5B8E43")
# Lambda keeps so many for functions that reserve none, and refuses a deploy that takes from them.
UNRESERVED = 100
DEFAULT_CONCURRENCY = 1000
# Of the requests a second, what is left for callers and clients while broadcasts run.
SHARE = 0.8
MORE = "ask for more: Service Quotas, AWS Lambda, Concurrent executions"


def look_at_concurrency(patient: Patient) -> Iterator[Finding]:
    account = patient.client("lambda").get_account_settings()["AccountLimit"]
    at_once, free = account["ConcurrentExecutions"], account["UnreservedConcurrentExecutions"]
    wanted = expected_reserved(patient.stage.name)
    reserved = {name: _reserved(patient, name) for name in wanted}
    yield judge_concurrency(at_once, free, reserved, wanted)
    yield from _too_many_workers(patient, reserved.get("deliver", 0))


def judge_concurrency(
    at_once: int, free: int, reserved: Mapping[str, int], wanted: Mapping[str, int]
) -> Finding:
    """What the stage's functions have reserved, against what serverless.yml would have reserved,
    and what the account has: `free` is what none of its functions has reserved."""
    text = (
        f"{at_once:,} Lambda executions at once, {at_once - free:,} of them reserved in the"
        f" account; by the stage {_say(reserved)}"
    )
    if sum(wanted.values()) - sum(reserved.values()) > max(0, free - UNRESERVED):
        text = f"{text}. A deploy with {_say(wanted)} is refused: {UNRESERVED} must be left"
        return fail("quotas", text, f"{MORE}; until then set the params to `!Ref AWS::NoValue`")
    if reserved != wanted:
        return warn(
            "quotas", f"{text}, where serverless.yml has {_say(wanted)}", "deploy the stage"
        )
    if not all(reserved.values()):
        held_up = " and ".join(name for name, number in reserved.items() if not number)
        return warn("quotas", f"{text}. Requests that flood the account hold up {held_up}", MORE)
    if at_once < DEFAULT_CONCURRENCY:
        return warn("quotas", f"{text}. A new account has less than the usual 1,000", MORE)
    return ok("quotas", text)


def _too_many_workers(patient: Patient, reserved: int) -> Iterator[Finding]:
    workers = int(patient.environment.get("DELIVERY_WORKERS", "0"))
    if 0 < reserved < workers:
        text = f"deliver has {workers} workers and {reserved} executions reserved"
        advice = "make deliveryReserved the same number as deliveryWorkers: what Lambda throws back"
        yield fail("quotas", text, f"{advice} is in the end a dead letter")


def _reserved(patient: Patient, name: str) -> int:
    client = patient.client("lambda")
    answer = client.get_function_concurrency(FunctionName=patient.named(name))
    return int(answer.get("ReservedConcurrentExecutions", 0))


def _say(reserved: Mapping[str, int]) -> str:
    each = ", ".join(f"{name} {number}" for name, number in reserved.items() if number)
    return f"{sum(reserved.values())} ({each})" if each else "none"


def look_at_requests(patient: Patient) -> Iterator[Finding]:
    quota = _quota(patient, *REQUESTS)
    posts = int(patient.environment.get("DELIVERY_POSTS_PER_SECOND", "0"))
    text = f"{quota:,.0f} API Gateway requests a second; broadcasts may take {posts:,}"
    if posts > SHARE * quota:
        advice = "lower deliveryPostsPerSecond, or ask for more: Service Quotas, Amazon API Gateway"
        yield warn("quotas", f"{text}, and leave too few for everything else", advice)
    else:
        yield ok("quotas", text)


def _quota(patient: Patient, service: str, code: str) -> float:
    client = patient.client("service-quotas")
    try:
        answer = client.get_service_quota(ServiceCode=service, QuotaCode=code)
    except ClientError as error:
        if error_code(error) != "NoSuchResourceException":
            raise
        # Nobody has ever asked for another one.
        answer = client.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)
    return float(answer["Quota"]["Value"])
