"""Rows of DynamoDB's tables: what we use of PynamoDB; and the same in our own words, over libcurl.

PynamoDB, botocore and urllib3 are two thirds of a cold start. The stores do not know which it is;
types are PynamoDB's.
"""

from typing import TYPE_CHECKING

from infra.engines import OVER_CURL

if TYPE_CHECKING or not OVER_CURL:
    from botocore.exceptions import BotoCoreError as NoAnswer
    from pynamodb.attributes import (
        Attribute,
        BooleanAttribute,
        MapAttribute,
        NumberAttribute,
        NumberSetAttribute,
        UnicodeAttribute,
        UnicodeSetAttribute,
    )
    from pynamodb.exceptions import (
        DeleteError,
        DoesNotExist,
        GetError,
        PutError,
        TransactWriteError,
        UpdateError,
    )
    from pynamodb.exceptions import PynamoDBException as RowError
    from pynamodb.expressions.condition import Condition, size
    from pynamodb.expressions.update import Action
    from pynamodb.transactions import TransactWrite

    from infra.rows.pynamo import Table, begin_transaction
else:
    from infra.rows.attributes import (
        Attribute,
        BooleanAttribute,
        MapAttribute,
        NumberAttribute,
        NumberSetAttribute,
        UnicodeAttribute,
        UnicodeSetAttribute,
    )
    from infra.rows.errors import (
        DeleteError,
        DoesNotExist,
        GetError,
        NoAnswer,
        PutError,
        RowError,
        TransactWriteError,
        UpdateError,
    )
    from infra.rows.expressions import Action, Condition, size
    from infra.rows.table import Table
    from infra.rows.transactions import TransactWrite, begin_transaction

__all__ = [
    "Action",
    "Attribute",
    "BooleanAttribute",
    "Condition",
    "DeleteError",
    "DoesNotExist",
    "GetError",
    "MapAttribute",
    "NoAnswer",
    "NumberAttribute",
    "NumberSetAttribute",
    "PutError",
    "RowError",
    "Table",
    "TransactWrite",
    "TransactWriteError",
    "UnicodeAttribute",
    "UnicodeSetAttribute",
    "UpdateError",
    "begin_transaction",
    "size",
]
