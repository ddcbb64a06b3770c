"""Asks DynamoDB: an operation and its request go in, its answer or an error comes out."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec import Struct

from infra.access_keys import AccessKeyError
from infra.curl import Answer, is_busy
from infra.json_service import JsonService, error_code, json_service
from infra.rows.errors import OF_OPERATIONS, NoAnswer, Reason, Refused, RowError

# What that is called which has no name of DynamoDB's own: it comes from whatever is in front.
BUSY = "ServiceUnavailable"


class Database:
    """DynamoDB in one region."""

    def __init__(self, service: JsonService) -> None:
        self._service = service

    def ask(
        self,
        operation: str,
        request: dict[str, Any],
        decode: Callable[[bytes], Any] = msgspec.json.decode,
    ) -> Any:
        """Raises: the operation's RowError, after retries."""
        try:
            answer = self._service.carry(operation, msgspec.json.encode(request))
        except AccessKeyError as error:
            raise _error(operation, request, NoAnswer("no access key")) from error
        if answer.status == 200:
            return decode(answer.body)
        cause = _cause(answer)
        raise _error(operation, request, cause) from cause


@functools.cache
def database(region: str) -> Database:
    """To all tables."""
    return Database(json_service("dynamodb", region))


def _error(operation: str, request: dict[str, Any], cause: NoAnswer | Refused) -> RowError:
    text = f"{operation} on {', '.join(_tables(request))}: {cause}"
    return OF_OPERATIONS[operation](text, cause)


def _tables(request: dict[str, Any]) -> Iterable[str]:
    if "TransactItems" in request:
        written = [part for item in request["TransactItems"] for part in item.values()]
        return dict.fromkeys(part["TableName"] for part in written)
    return request.get("RequestItems") or [request.get("TableName", "")]


def _cause(answer: Answer) -> NoAnswer | Refused:
    if answer.status == 0:
        return NoAnswer(f"libcurl's error {answer.error}")
    code = error_code(answer)
    if code == "TransactionCanceledException":
        return Refused(code, _reasons(answer.body))
    return Refused(code or (BUSY if is_busy(answer) else str(answer.status)))


class _Reason(Struct, rename="pascal"):
    code: str


class _Cancellation(Struct, rename="pascal"):
    cancellation_reasons: list[_Reason] = []


def _reasons(body: bytes) -> tuple[Reason | None, ...]:
    reasons: Iterable[_Reason] = msgspec.json.decode(body, type=_Cancellation).cancellation_reasons
    return tuple(None if each.code == "None" else Reason(each.code) for each in reasons)
