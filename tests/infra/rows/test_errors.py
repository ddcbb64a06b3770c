import pytest

from infra.rows.errors import (
    OF_OPERATIONS,
    NoAnswer,
    Reason,
    Refused,
    RowError,
    TransactWriteError,
)


def test_an_error_knows_dynamodbs_code() -> None:
    error = RowError("PutItem", Refused("ConditionalCheckFailedException"))
    assert error.cause_response_code == "ConditionalCheckFailedException"


@pytest.mark.parametrize("cause", [None, NoAnswer("down")])
def test_without_an_answer_there_is_no_code(cause: Exception | None) -> None:
    error = TransactWriteError("TransactWriteItems", cause)
    assert error.cause_response_code is None
    assert error.cancellation_reasons == ()


def test_a_transaction_tells_what_was_in_its_way() -> None:
    cause = Refused("TransactionCanceledException", (None, Reason("TransactionConflict")))
    error = TransactWriteError("TransactWriteItems", cause)
    assert error.cancellation_reasons == (None, Reason("TransactionConflict"))


def test_every_operation_has_an_error_of_its_own() -> None:
    assert all(issubclass(kind, RowError) for kind in OF_OPERATIONS.values())
