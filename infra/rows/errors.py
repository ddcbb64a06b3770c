"""What goes wrong with rows, named as PynamoDB names it.

RowError
├── DoesNotExist
├── GetError
├── QueryError
├── PutError
├── UpdateError
├── DeleteError
└── TransactWriteError
"""

from msgspec import Struct


class NoAnswer(Exception):
    """DynamoDB was not reached, did not answer in time, or not with what was asked for."""


class Reason(Struct, frozen=True):
    """Why an item of a transaction was not written."""

    code: str


class Refused(Exception):
    """DynamoDB does not do what it was asked. Its own words may repeat values, and are not kept."""

    def __init__(self, code: str, reasons: tuple[Reason | None, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.reasons = reasons


class RowError(Exception):
    """PynamoDB's PynamoDBException."""

    def __init__(self, text: str = "", cause: Exception | None = None) -> None:
        super().__init__(text)
        self.cause = cause

    @property
    def cause_response_code(self) -> str | None:
        """DynamoDB's own, such as `ConditionalCheckFailedException`."""
        return self.cause.code if isinstance(self.cause, Refused) else None


class DoesNotExist(RowError):
    """There is no item of that key."""


class GetError(RowError):
    """An item, or some, could not be read."""


class QueryError(RowError):
    """Items could not be read."""


class PutError(RowError):
    """An item, or some, could not be written."""


class UpdateError(RowError):
    """An item could not be changed."""


class DeleteError(RowError):
    """An item could not be deleted."""


class TransactWriteError(RowError):
    """A transaction was not made."""

    @property
    def cancellation_reasons(self) -> tuple[Reason | None, ...]:
        """One for each item, in order; None for an item that was not in the way."""
        return self.cause.reasons if isinstance(self.cause, Refused) else ()


OF_OPERATIONS: dict[str, type[RowError]] = {
    "GetItem": GetError,
    "BatchGetItem": GetError,
    "Query": QueryError,
    "PutItem": PutError,
    "BatchWriteItem": PutError,
    "UpdateItem": UpdateError,
    "DeleteItem": DeleteError,
    "TransactWriteItems": TransactWriteError,
}
