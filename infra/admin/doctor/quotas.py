"""Whether the account may do what the stage is set to do."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from infra.admin.doctor.findings import Finding, fail, ok, warn
from infra.admin.doctor.patient import Patient
from infra.admin.stage import error_code

# Codes are the same in every region: `aws service-quotas list-service-quotas --service-code …`.
CONCURRENCY = ("lambda", "L-B99A9384")
REQUESTS = ("apigateway", "L-8A5B8E43")
# Lambda keeps so many for functions that reserve none, and refuses a deploy that takes from them.
UNRESERVED = 100
DEFAULT_CONCURRENCY = 1000
# Of the requests a second, what is left for callers and clients while broadcasts run.
SHARE = 0.8
SWEEPS = 1


def look_at_concurrency(patient: Patient) -> Iterator[Finding]:
    quota = _quota(patient, *CONCURRENCY)
    reserved = int(patient.environment.get("DELIVERY_WORKERS", "0")) + SWEEPS
    text = f"{quota:,.0f} Lambda executions at once; the stage reserves {reserved}"
    advice = "ask for more: Service Quotas, AWS Lambda, Concurrent executions"
    if quota < reserved + UNRESERVED:
        yield fail("quotas", f"{text}, and {UNRESERVED} must be left", advice)
    elif quota < DEFAULT_CONCURRENCY:
        yield warn("quotas", f"{text}; a new account has less than the usual 1,000", advice)
    else:
        yield ok("quotas", text)


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
