"""PynamoDB over one client for all tables: it makes one for each model, of 50 ms and 7 MiB."""

import functools
from contextlib import suppress
from typing import Any

from botocore.session import Session
from pynamodb.connection import Connection, TableConnection
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from infra.clients import MAKING, session
from infra.engines import MAX_RETRIES

Row = dict[str, Any]


class _Database(Connection):
    """Over the session of the process."""

    @property
    def session(self) -> Session:
        return session()

    @property
    def client(self) -> Any:
        with MAKING:
            return super().client


@functools.cache
def database(region: str) -> Connection:
    """To all tables. A handler that waits costs money and holds a client up."""
    return _Database(
        region=region,
        connect_timeout_seconds=1,
        read_timeout_seconds=3,
        max_retry_attempts=MAX_RETRIES,
        max_pool_connections=16,
    )


def begin_transaction(region: str) -> TransactWrite:
    return TransactWrite(connection=database(region))


class Table(Model):
    """A model of one table; its name and region come later."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        shared = database(cls.Meta.region)
        if table.connection is not shared:
            # Under the name of an earlier one, where another stage was bound meanwhile.
            with suppress(ValueError):
                shared.add_meta_table(table.get_meta_table())
            table.connection = shared
        return table

    @classmethod
    def delete_returning(cls, *key: str) -> Row | None:
        """What was deleted, to the one caller that really did. `delete` drops what DynamoDB
        returns."""
        table, keys = cls._get_connection(), cls._serialize_keys(*key)
        response: Row = table.delete_item(*keys, return_values="ALL_OLD")
        return response.get("Attributes") or None
