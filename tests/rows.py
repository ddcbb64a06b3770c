"""Rows as tests reach them: carried to moto in this process, seen on their way, read all at once.

Whichever engine the tests run on (infra/rows): ours is given another way to carry its calls;
botocore asks `before-call` before it sends anything. Nothing of ours is patched.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, TypeVar

import pycurl
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from moto.core.models import botocore_stubber

from infra.curl import Answer
from infra.engines import OVER_CURL
from infra.json_service import PREFIXES, json_service
from infra.rows.pynamo import Table, database
from tests import permissions
from tests.aws import REGION, client

M = TypeVar("M", bound=Table)

# An answer to give instead of DynamoDB's, None, or an exception of the test's own.
Interceptor = Callable[[str, dict[str, Any]], Answer | None]
_interceptors: list[Interceptor] = []
DOWN = Answer(0, error=pycurl.E_COULDNT_CONNECT)
TIMED_OUT = Answer(0, error=pycurl.E_OPERATION_TIMEDOUT)


def refusal(code: str, *reasons: str, status: int = 400) -> Answer:
    """What DynamoDB answers when it refuses, a transaction with its `reasons`."""
    body: dict[str, Any] = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code}
    if reasons:
        body["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return Answer(status, json.dumps(body).encode())


def ok(body: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(body).encode())


class Moto:
    """A way to it, as long as it is on. Who is watched is denied what their role lacks."""

    def __init__(self, service: str, region: str) -> None:
        self._service = service
        self._scope = f"{region}/{service}/aws4_request"
        self._url = f"https://{service}.{region}.amazonaws.com/"

    def __call__(self, operation: str, body: bytes) -> Answer:
        for interceptor in tuple(_interceptors if self._service == "dynamodb" else ()):
            if (answer := interceptor(operation, json.loads(body))) is not None:
                return answer
        assert botocore_stubber.enabled, f"nobody is there to be asked for {operation}"
        try:
            permissions.tell(self._service, operation, json.loads(body))
        except ClientError as error:
            return refusal(error.response["Error"]["Code"])
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential=testing/20260101/{self._scope}",
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"{PREFIXES[self._service]}.{operation}",
        }
        request: Any = AWSPreparedRequest("POST", self._url, headers, body, stream_output=False)
        answered: Any = botocore_stubber.process_request(request)
        status, _, text = answered
        return Answer(status, text.encode() if isinstance(text, str) else text)


def carry_to_moto(region: str = REGION) -> None:
    """Our own calls; botocore's it finds by itself."""
    for service in PREFIXES:
        json_service(service, region).carry = Moto(service, region)


@contextmanager
def intercepted(interceptor: Interceptor) -> Iterator[None]:
    """Every call that the models make inside goes by `interceptor` first."""
    with _carried_by(interceptor) if OVER_CURL else _called_before(interceptor):
        yield


@contextmanager
def _carried_by(interceptor: Interceptor) -> Iterator[None]:
    _interceptors.append(interceptor)
    try:
        yield
    finally:
        _interceptors.remove(interceptor)


@contextmanager
def _called_before(interceptor: Interceptor) -> Iterator[None]:
    def before_call(model: Any, params: Any, **_: Any) -> tuple[Any, dict[str, Any]] | None:
        answer = interceptor(model.name, json.loads(params["body"]))
        return None if answer is None else _parsed(answer)

    events: Any = database(REGION).client.meta.events
    events.register_first("before-call.dynamodb.*", before_call)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.*", before_call)


def _parsed(answer: Answer) -> tuple[Any, dict[str, Any]]:
    """As botocore hands it on."""
    if answer == TIMED_OUT:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")
    if answer.status == 0:
        raise EndpointConnectionError(endpoint_url="https://dynamodb")
    body = json.loads(answer.body)
    if answer.status != 200:
        code = body["__type"].rpartition("#")[2]
        body |= {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {}}
    return SimpleNamespace(status_code=answer.status), body


def everything(model: type[M]) -> list[M]:
    """All rows of a table, which only tests read so: our functions may not scan."""
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=model.Meta.table_name)
    return [model.from_raw_data(item) for page in pages for item in page["Items"]]
