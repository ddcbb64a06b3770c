"""Many items of one table at once: in batches, until DynamoDB has taken everything."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import Any

from infra.curl import up_to
from infra.engines import MAX_RETRIES
from infra.rows.database import Database
from infra.rows.errors import GetError, NoAnswer, PutError
from infra.rows.values import Value

Item = dict[str, Value]

MAX_WRITES, MAX_READS = 25, 100
# DynamoDB leaves out what it has no throughput for.
# docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
PAUSE = up_to(0.05)


def read_each(
    database: Database, table: str, keys: Iterable[Item], *, consistent: bool
) -> Iterator[Item]:
    """Those of the items that exist, in any order."""
    how = {"ConsistentRead": True} if consistent else {}
    left = iter(keys)
    while batch := list(islice(left, MAX_READS)):
        for _ in _tries():
            request = {"RequestItems": {table: {"Keys": batch, **how}}}
            answer = database.ask("BatchGetItem", request)
            yield from answer["Responses"].get(table, ())
            batch = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys")
            if not batch:
                break
        else:
            raise GetError("a batch was never read whole", NoAnswer())


class BatchWrite:
    """Writes and deletes what it is given, the last of it when the block ends."""

    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table
        self._pending: list[dict[str, Any]] = []

    def save(self, row: Any) -> None:
        self._add({"PutRequest": {"Item": row.serialize()}})

    def delete(self, row: Any) -> None:
        self._add({"DeleteRequest": {"Key": row.serialized_key()}})

    def _add(self, request: dict[str, Any]) -> None:
        if len(self._pending) == MAX_WRITES:
            self._commit()
        self._pending.append(request)

    def _commit(self) -> None:
        batch, self._pending = self._pending, []
        if not batch:
            return
        for _ in _tries():
            answer = self._database.ask("BatchWriteItem", {"RequestItems": {self._table: batch}})
            batch = answer.get("UnprocessedItems", {}).get(self._table)
            if not batch:
                return
        raise PutError("a batch was never taken whole", NoAnswer())

    def __enter__(self) -> "BatchWrite":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, where: TracebackType | None
    ) -> None:
        self._commit()


def _tries() -> Iterator[None]:
    """Waits in front of each but the first, longer and longer."""
    yield
    for attempt in range(2, 2 + MAX_RETRIES):
        time.sleep(PAUSE(attempt))
        yield
