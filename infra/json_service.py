"""AWS's services that speak JSON, over libcurl: an operation and its body go in, an answer out."""

import functools
from collections.abc import Callable

import msgspec
import pycurl
from msgspec import Struct

from infra.access_keys import FindKey, find_key
from infra.curl import TOTAL_MS, Answer, Request, Retries, SignedRequests, is_busy, up_to
from infra.endpoints import endpoint
from infra.engines import MAX_RETRIES

# As botocore's standard mode does it: a second, two, four.
PAUSE = up_to(1.0)
# What its standard mode takes for a sign to come again, beside a 429 and a 5xx.
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)


# What the names of their operations begin with, and the JSON that each speaks.
PREFIXES = {
    "dynamodb": "DynamoDB_20120810",
    "secretsmanager": "secretsmanager",
    "sqs": "AmazonSQS",
    "ssm": "AmazonSSM",
}
VERSIONS = {"secretsmanager": "1.1", "ssm": "1.1"}
# Carries an operation and its body there, and the answer back.
Carry = Callable[[str, bytes], Answer]


class JsonService:
    """One of them in one region. `carry` asks it; another may be put there at any time."""

    def __init__(
        self,
        service: str,
        region: str,
        where: Callable[[str, str], str] = endpoint,
        pause: Callable[[int], float] = PAUSE,
        find: FindKey = find_key,
        total_ms: int = TOTAL_MS,
    ) -> None:
        self.carry: Carry = self._send
        self._service = service
        self._region = region
        self._where = where
        retries = Retries(1 + MAX_RETRIES, pause, is_temporary)
        version = VERSIONS.get(service, "1.0")
        headers = (f"Content-Type: application/x-amz-json-{version}",)
        self._requests = SignedRequests(
            service, region, retries, headers, total_ms=total_ms, find=find
        )

    def _send(self, operation: str, body: bytes) -> Answer:
        """Its last answer, after retries. Raises: AccessKeyError."""
        target = (f"X-Amz-Target: {PREFIXES[self._service]}.{operation}",)
        return self._requests.one(Request("POST", self._url, body, target))

    @functools.cached_property
    def _url(self) -> str:
        """Asked for at the first call: nothing is known when a module is imported."""
        return self._where(self._service, self._region)


@functools.cache
def json_service(service: str, region: str) -> JsonService:
    """The one that everybody asks."""
    return JsonService(service, region)


def is_temporary(answer: Answer) -> bool:
    """Whether the same may well succeed in a moment. A timeout too: as the SDK, we send again what
    may have arrived already, and whoever writes reckons with it."""
    has_timed_out = answer.error == pycurl.E_OPERATION_TIMEDOUT
    return has_timed_out or is_busy(answer) or error_code(answer) in THROTTLED


class _Error(Struct, rename={"type": "__type"}):
    type: str = ""


_ERRORS = msgspec.json.Decoder(_Error)


def error_code(answer: Answer) -> str:
    """Of `com.amazonaws.dynamodb.v20120810#ThrottlingException` what comes last; empty where there
    is no error, or none of the service's."""
    if answer.status in (0, 200):
        return ""
    try:
        return _ERRORS.decode(answer.body).type.rpartition("#")[2]
    except msgspec.DecodeError:
        return ""
