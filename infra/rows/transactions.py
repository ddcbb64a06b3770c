"""Several writes, of which DynamoDB makes all or none."""

import secrets
from types import TracebackType
from typing import Any

from infra.rows.database import Database, database
from infra.rows.expressions import Action, Condition
from infra.rows.table import Table


def begin_transaction(region: str) -> "TransactWrite":
    return TransactWrite(database(region))


class TransactWrite:
    """Made when the block ends, unless it raises."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._items: list[dict[str, Any]] = []

    def save(self, row: Table, condition: Condition | None = None) -> None:
        self._items.append({"Put": row.put_request(condition)})

    def update(self, row: Table, actions: list[Action], condition: Condition | None = None) -> None:
        self._items.append({"Update": row.update_request(actions, condition)})

    def delete(self, row: Table, condition: Condition | None = None) -> None:
        self._items.append({"Delete": row.delete_request(condition)})

    def __enter__(self) -> "TransactWrite":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, where: TracebackType | None
    ) -> None:
        if kind is None:
            # By its token DynamoDB knows one again that is sent again, for ten minutes.
            token = secrets.token_hex(16)
            request = {"TransactItems": self._items, "ClientRequestToken": token}
            self._database.ask("TransactWriteItems", request)
