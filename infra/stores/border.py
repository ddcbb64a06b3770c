"""Where DynamoDB's errors become ours, once."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError
from pynamodb.exceptions import PynamoDBException

from notify.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")

CONDITION_FAILED = "ConditionalCheckFailedException"
# What DynamoDB answers when it is busy or broken, after PynamoDB's own retries.
# docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
TEMPORARY = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


def translated(operation: Callable[P, R]) -> Callable[P, R]:
    """Raises Unavailable where DynamoDB is out of reach or busy. Anything else is a bug."""

    @functools.wraps(operation)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return operation(*args, **kwargs)
        except PynamoDBException as error:
            if isinstance(error.cause, BotoCoreError) or error.cause_response_code in TEMPORARY:
                raise Unavailable("the store does not answer: try again") from error
            raise

    return call


def condition_failed(error: PynamoDBException) -> bool:
    return error.cause_response_code == CONDITION_FAILED
