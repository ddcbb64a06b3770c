"""One shard of a stream: its records in batches, and every batch until it is done."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_server import journal
from local_server.clock import Milliseconds
from local_server.errors import FunctionError
from local_server.events.dynamodb import created_s, dynamodb_event, dynamodb_record
from local_server.functions import Invoker
from local_server.shared import Shared
from local_server.sources.backoff import backoff_s, patiently
from local_server.sources.batches import Batch, Policy, Record, after_failure, without_old
from local_server.sources.cursors import Cursor
from local_server.sources.reports import first_failure
from local_server.template import FunctionName

logger = logging.getLogger("local_server.sources")

# Lambda looks four times a second (docs.aws.amazon.com/lambda/latest/dg/with-ddb.html).
_POLL_S = 0.25


@dataclass(frozen=True)
class Stream:
    """One event source mapping, resolved."""

    function: FunctionName
    arn: str
    region: str
    batch_size: int
    window_s: float
    from_horizon: bool
    policy: Policy


class ShardReader:
    def __init__(
        self,
        stream: Stream,
        cursor: Cursor,
        functions: Invoker,
        shared: Shared,
        follows_clock: bool = False,
    ) -> None:
        self._stream = stream
        self._cursor = cursor
        self._functions = functions
        self._tasks = shared.tasks
        self._clock = shared.clock
        self._journal = shared.journal
        self._follows_clock = follows_clock

    async def run(self) -> None:
        """Until the shard ends."""
        while not self._cursor.ended:
            records = await self._gather()
            if records:
                await self._work_off(Batch(tuple(records)))
            else:
                await self._clock.sleep(_POLL_S)

    async def _gather(self) -> list[Record]:
        """Whatever is there at once; with a batching window, more of it until the window ends."""
        size = self._stream.batch_size
        records = await self._read(size)
        end = self._clock.now() + self._stream.window_s * 1000
        while records and len(records) < size and not self._cursor.ended:
            more = await self._read(size - len(records))
            records += more
            left = (end - self._clock.now()) / 1000
            if not more and left <= 0:
                break
            if not more:
                await self._clock.sleep(min(_POLL_S, left))
        return records

    async def _read(self, most: int) -> list[Record]:
        read = await patiently(lambda: self._cursor.read(most), self._clock, self._stream.arn)
        return [self._record(record) for record in read]

    def _record(self, read: Mapping[str, Any]) -> Record:
        record = self._by_our_clock(read)
        return Record(
            sequence_number=record["dynamodb"]["SequenceNumber"],
            born=Milliseconds(created_s(record) * 1000),
            event=dynamodb_record(record, self._stream.arn, self._stream.region),
        )

    def _by_our_clock(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Another store stamps records with the machine's time."""
        if self._follows_clock:
            return record
        change = record["dynamodb"]
        stamp: datetime = change["ApproximateCreationDateTime"]
        born = self._clock.at(Milliseconds(int(stamp.timestamp() * 1000)))
        moved = datetime.fromtimestamp(born / 1000, UTC)
        return {**record, "dynamodb": {**change, "ApproximateCreationDateTime": moved}}

    async def _work_off(self, batch: Batch) -> None:
        """Nothing later is read before every record is done or given up."""
        policy = self._stream.policy
        pending = [batch]
        failures = 0
        while pending:
            batch = self._without_old(pending.pop(0))
            first_failed = await self._first_failure(batch) if batch.records else None
            if first_failed is None:
                failures = 0
                continue
            failures += 1
            again = after_failure(batch, first_failed, policy)
            if not again:
                self._give_up(len(batch.records) - first_failed)
                continue
            pending = [*again, *pending]
            await self._clock.sleep(backoff_s(failures))

    def _without_old(self, batch: Batch) -> Batch:
        young = without_old(batch, self._clock.now(), self._stream.policy)
        if len(young.records) < len(batch.records):
            self._give_up(len(batch.records) - len(young.records))
        return young

    def _give_up(self, count: int) -> None:
        logger.error("%s: %d records are given up", self._stream.function, count)

    async def _first_failure(self, batch: Batch) -> int | None:
        """None if all are done. An invocation goes on when nobody waits for it any more."""
        task = self._tasks.start(self._invoke(batch))
        await asyncio.wait({task})
        failed, count = task.result(), len(batch.records)
        done = count if failed is None else failed
        logger.info("stream -> %s %d of %d done", self._stream.function, done, count)
        if self._journal.is_detailed:
            table, now = self._stream.arn.partition("/")[2].partition("/")[0], self._clock.now()
            function = self._stream.function
            self._journal.add(journal.Batch(now, "stream", table, function, count, done))
        return failed

    async def _invoke(self, batch: Batch) -> int | None:
        event = dynamodb_event(record.event for record in batch.records)
        try:
            payload = await self._functions.invoke(self._stream.function, event)
        except FunctionError:
            return 0
        if not self._stream.policy.reports_failures:
            return None
        return first_failure(payload, [record.sequence_number for record in batch.records])
