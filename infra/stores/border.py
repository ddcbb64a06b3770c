"""Where DynamoDB's errors become ours, once."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from infra.rows import NoAnswer, PutError, RowError
from notify.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")

CONDITION_FAILED = "ConditionalCheckFailedException"
# What DynamoDB answers when it is busy or broken, after as many retries as there are.
# docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
TEMPORARY = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        # A write met a transaction on the same item; nobody below tries again by itself.
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


def translated(operation: Callable[P, R]) -> Callable[P, R]:
    """Raises Unavailable where DynamoDB is out of reach or busy. Anything else is a bug."""

    @functools.wraps(operation)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return operation(*args, **kwargs)
        except RowError as error:
            if is_temporary(error):
                raise Unavailable("the store does not answer: try again") from error
            raise

    return call


def is_temporary(error: RowError) -> bool:
    if (
        isinstance(error, PutError) and error.cause is None
    ):  # PynamoDB's batch that was never taken whole
        return True
    return isinstance(error.cause, NoAnswer) or error.cause_response_code in TEMPORARY


def condition_failed(error: RowError) -> bool:
    return error.cause_response_code == CONDITION_FAILED
