"""Minutes and the scheduled sends to look at in each, in DynamoDB."""

import zlib
from collections.abc import Iterable

from infra.rows import DoesNotExist, PutError, UpdateError
from infra.stores.border import condition_failed, translated
from infra.tables import ScheduledRow

# A partition takes 1,000 writes a second, and everybody schedules for nine o'clock.
SHARDS = 4
POSITION = "position"
NEVER = 253_402_300_799  # the end of the year 9999: TTL wants a time


class DynamoTimetable:
    """An entry is an item in the bucket `minute#shard`; an emptied minute leaves nothing."""

    def __init__(self) -> None:
        self._has_begun = False

    @translated
    def put(self, minute: int, ids: Iterable[str], expires_at: int) -> None:
        with ScheduledRow.batch_write() as batch:
            for each in ids:
                batch.save(_entry(minute, each, expires_at // 1000))

    @translated
    def due(self, minute: int, limit: int) -> list[str]:
        ids: list[str] = []
        for shard in range(SHARDS):
            if left := limit - len(ids):
                bucket = f"{minute}#{shard}"
                rows = ScheduledRow.query(bucket, consistent_read=True, limit=left)
                ids += [row.id for row in rows]
        return ids

    @translated
    def remove(self, minute: int, ids: Iterable[str]) -> None:
        with ScheduledRow.batch_write() as batch:
            for each in ids:
                batch.delete(_entry(minute, each))

    @translated
    def position(self) -> int | None:
        try:
            row = ScheduledRow.get(POSITION, POSITION, consistent_read=True)
        except DoesNotExist:
            return None
        return int(row.minute or 0)

    @translated
    def begin(self, minute: int) -> None:
        if self._has_begun:  # it is never taken back: asking once a process is enough
            return
        row = ScheduledRow(POSITION, POSITION, minute=minute, expires_at=NEVER)
        try:
            row.save(condition=ScheduledRow.bucket.does_not_exist())
        except PutError as error:
            if not condition_failed(error):
                raise
        self._has_begun = True

    @translated
    def advance(self, minute: int) -> None:
        forward = ScheduledRow.minute.does_not_exist() | (ScheduledRow.minute < minute)
        try:
            ScheduledRow(POSITION, POSITION).update(
                [ScheduledRow.minute.set(minute), ScheduledRow.expires_at.set(NEVER)],
                condition=forward,
            )
        except UpdateError as error:
            if not condition_failed(error):
                raise


def _entry(minute: int, id: str, expires_at: int | None = None) -> ScheduledRow:
    bucket = f"{minute}#{zlib.crc32(id.encode()) % SHARDS}"
    return ScheduledRow(bucket, id, expires_at=expires_at)
