"""The minutes in which connections are to be looked at, in DynamoDB."""

from collections.abc import Iterable, Iterator

from infra.rows import DoesNotExist
from infra.stores.border import translated
from infra.tables import DeadlineRow
from notify.deadlines import MINUTE_MS
from notify.model import ConnectionId, Pattern
from notify.ports import PAGE_SIZE, Deadline
from notify.topics import spread

# When everybody reconnects at once, their next deadlines fall into one minute: it has many keys.
SHARDS = 16
# The sweep may be out for so long, and loses nothing.
KEPT_MS = 3 * 24 * 3_600_000
PROGRESS = ("swept", "minute")


class DynamoDeadlines:
    """One item a connection: in the bucket of its minute, by its id."""

    @translated
    def put(self, deadlines: Iterable[Deadline]) -> None:
        with DeadlineRow.batch_write() as batch:
            for deadline in deadlines:
                batch.save(
                    DeadlineRow(
                        _bucket(deadline),
                        deadline.connection_id,
                        at=deadline.at,
                        topics=set(deadline.topics) or None,  # DynamoDB knows no empty set
                        told=deadline.told,
                        expires_at=(deadline.at + KEPT_MS) // 1000,
                    )
                )

    def due(self, minute: int) -> Iterator[list[Deadline]]:
        for shard in range(SHARDS):
            for rows in pages(f"{minute}#{shard}"):
                yield [_deadline(row) for row in rows]

    @translated
    def drop(self, deadlines: Iterable[Deadline]) -> None:
        with DeadlineRow.batch_write() as batch:
            for deadline in deadlines:
                batch.delete(DeadlineRow(_bucket(deadline), deadline.connection_id))

    @translated
    def swept(self) -> int | None:
        try:
            return int(DeadlineRow.get(*PROGRESS, consistent_read=True).at or 0)
        except DoesNotExist:
            return None

    @translated
    def finish(self, minute: int) -> None:
        expires_at = (minute * MINUTE_MS + KEPT_MS) // 1000
        DeadlineRow(*PROGRESS, at=minute, expires_at=expires_at).save()


def pages(bucket: str) -> Iterator[list[DeadlineRow]]:
    """What is in a bucket, also while what was read is deleted."""
    after = None
    while True:
        rows = _page(bucket, after)
        if rows:
            yield rows
        if len(rows) < PAGE_SIZE:
            return
        after = rows[-1].entry


@translated
def _page(bucket: str, after: str | None) -> list[DeadlineRow]:
    behind = DeadlineRow.entry > after if after is not None else None
    return list(DeadlineRow.query(bucket, behind, consistent_read=True, limit=PAGE_SIZE))


def _bucket(deadline: Deadline) -> str:
    minute = -(-deadline.at // MINUTE_MS)
    return f"{minute}#{spread(deadline.connection_id, SHARDS)}"


def _deadline(row: DeadlineRow) -> Deadline:
    return Deadline(
        connection_id=ConnectionId(row.entry),
        at=int(row.at or 0),
        topics=frozenset(map(Pattern, row.topics or ())),
        told=int(row.told) if row.told else None,
    )
