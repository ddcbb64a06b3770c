from typing import Any

import pytest

from infra.access_keys import AccessKeyError
from infra.curl import Answer
from infra.json_service import Carry, JsonService
from infra.rows.database import Database, database
from infra.rows.errors import (
    OF_OPERATIONS,
    NoAnswer,
    QueryError,
    Reason,
    RowError,
    TransactWriteError,
)
from tests.rows import DOWN, TIMED_OUT, ok, refusal

REGION = "eu-central-1"
KEY_OF = {"Key": {"id": {"S": "zoë"}}}


def carried_by(carry: Carry) -> Database:
    service = JsonService("dynamodb", REGION)
    service.carry = carry
    return Database(service)


def asking(answer: Answer) -> Database:
    return carried_by(lambda operation, body: answer)


def cause(answer: Answer, operation: str = "GetItem") -> Any:
    with pytest.raises(OF_OPERATIONS[operation]) as raised:
        asking(answer).ask(operation, {})
    assert raised.value.__cause__ is raised.value.cause
    return raised.value.cause


def test_a_request_is_sent_as_json_and_its_answer_read() -> None:
    asked = []

    def carry(operation: str, body: bytes) -> Answer:
        asked.append((operation, body))
        return ok({"Item": {}})

    assert carried_by(carry).ask("GetItem", KEY_OF) == {"Item": {}}
    assert asked == [("GetItem", '{"Key":{"id":{"S":"zoë"}}}'.encode())]


def test_who_knows_an_answer_reads_it_himself() -> None:
    assert asking(ok({})).ask("Query", {}, len) == 2


def test_all_tables_of_a_region_share_one_connection() -> None:
    assert database(REGION) is database(REGION)
    assert database("us-east-1") is not database(REGION)


PUTS = [{"Put": {"TableName": "a", "Item": {}}}, {"Delete": {"TableName": "b", "Key": {}}}]
REQUESTS: dict[str, dict[str, Any]] = {
    **{operation: {"TableName": "a", "secret": "s"} for operation in OF_OPERATIONS},
    "BatchGetItem": {"RequestItems": {"a": {}}},
    "BatchWriteItem": {"RequestItems": {"a": []}},
    "TransactWriteItems": {"TransactItems": PUTS},
}


@pytest.mark.parametrize("operation", OF_OPERATIONS)
def test_an_error_tells_where_it_was_and_dynamodbs_code_alone(operation: str) -> None:
    with pytest.raises(OF_OPERATIONS[operation]) as raised:
        asking(refusal("ValidationException")).ask(operation, REQUESTS[operation])
    error: Any = raised.value
    tables = "a, b" if operation == "TransactWriteItems" else "a"
    assert error.cause_response_code == "ValidationException"
    assert str(error) == f"{operation} on {tables}: ValidationException"


@pytest.mark.parametrize("answer", [DOWN, TIMED_OUT])
def test_without_an_answer_there_is_no_code(answer: Answer) -> None:
    assert isinstance(cause(answer), NoAnswer)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(503, b"<html>"), "ServiceUnavailable"),
        (Answer(500, b""), "ServiceUnavailable"),
        (Answer(429, b""), "ServiceUnavailable"),
        (Answer(403, b"<html>"), "403"),
        (refusal("InternalServerError", status=500), "InternalServerError"),
    ],
)
def test_what_is_not_dynamodbs_own_error_has_a_code_too(answer: Answer, code: str) -> None:
    assert cause(answer).code == code


def test_a_transaction_tells_why_it_was_not_made() -> None:
    reasons = ("None", "ConditionalCheckFailed", "TransactionConflict")
    found = cause(refusal("TransactionCanceledException", *reasons), "TransactWriteItems")
    assert found.reasons == (
        None,
        Reason("ConditionalCheckFailed"),
        Reason("TransactionConflict"),
    )
    assert cause(refusal("TransactionCanceledException"), "TransactWriteItems").reasons == ()


def test_without_an_access_key_nothing_is_known() -> None:
    def carry(operation: str, body: bytes) -> Answer:
        raise AccessKeyError

    for operation, kind in (("Query", QueryError), ("TransactWriteItems", TransactWriteError)):
        with pytest.raises(kind) as raised:
            carried_by(carry).ask(operation, {})
        error: RowError = raised.value
        assert isinstance(error.cause, NoAnswer)
