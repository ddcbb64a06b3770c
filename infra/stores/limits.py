"""Counts that end, in DynamoDB: one write each."""

import math
from typing import Any

from infra.rows import Condition, DoesNotExist, UpdateError
from infra.stores.border import condition_failed, translated
from infra.tables import LimitRow
from notify.errors import Unavailable

MAX_TRIES = 4


class DynamoLimits:
    """DynamoDB's TTL deletes hours late: an old count is one whose end has come."""

    @translated
    def add(self, key: str, amount: int, ends_at: int, now: int) -> int:
        alive: Condition = LimitRow.ends_at.does_not_exist() | (LimitRow.ends_at > now)
        for _ in range(MAX_TRIES):
            used = _update(key, LimitRow.used.add(amount), ends_at, alive)
            if used is None:
                used = _update(key, LimitRow.used.set(amount), ends_at, LimitRow.ends_at <= now)
            if used is not None:
                return used
        raise Unavailable("the store is busy: try again")

    @translated
    def read(self, key: str, now: int) -> tuple[int, int]:
        try:
            row = LimitRow.get(key, consistent_read=True)
        except DoesNotExist:
            return 0, 0
        return (int(row.used), int(row.ends_at)) if row.ends_at > now else (0, 0)

    @translated
    def clear(self, key: str) -> None:
        LimitRow(key).delete()


def _update(key: str, count: Any, ends_at: int, condition: Condition) -> int | None:
    """The new count, None if the condition does not hold."""
    row = LimitRow(key)
    until = [LimitRow.ends_at.set(ends_at), LimitRow.expires_at.set(math.ceil(ends_at / 1000))]
    try:
        row.update(actions=[count, *until], condition=condition)
    except UpdateError as error:
        if condition_failed(error):
            return None
        raise
    return int(row.used)
