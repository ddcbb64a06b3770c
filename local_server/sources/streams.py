"""DynamoDB streams: every shard is followed, and its children after it."""

import asyncio

from botocore.exceptions import BotoCoreError, ClientError

from local_server.errors import StoreError
from local_server.functions import Invoker
from local_server.provisioning import Client
from local_server.shared import Shared
from local_server.sources.backoff import patiently
from local_server.sources.cursors import Cursor, Start
from local_server.sources.readers import ShardReader, Stream
from local_server.sources.shards import Shard, ready, shards_of


class StreamPoller:
    """Follows all shards of one stream.

    A store that `follows_clock` stamps records with the emulator's time.
    """

    def __init__(
        self,
        stream: Stream,
        functions: Invoker,
        streams: Client,
        shared: Shared,
        follows_clock: bool = False,
    ) -> None:
        self._stream = stream
        self._functions = functions
        self._streams = streams
        self._shared = shared
        self._follows_clock = follows_clock
        self._cursors: list[Cursor] = []
        self._begun: set[str] = set()
        self._ended: set[str] = set()

    async def open(self) -> None:
        """What is written from now on will be read. Raises StoreError."""
        try:
            await self._begin_first()
        except (BotoCoreError, ClientError) as error:
            raise StoreError(f"{self._stream.arn} cannot be read: {error}") from error

    async def _begin_first(self) -> None:
        shards = await self._shards()
        if not self._stream.from_horizon:
            closed = {shard.id for shard in shards if shard.closed}
            self._begun |= closed
            self._ended |= closed
        for shard in ready(shards, self._begun, self._ended):
            cursor = self._cursor(shard)
            # The clock jumps, and iterators expire with what has not been read yet.
            await (cursor.settle() if self._follows_clock else cursor.open())
            self._cursors.append(cursor)

    def _cursor(self, shard: Shard, *, child: bool = False) -> Cursor:
        self._begun.add(shard.id)
        start: Start = "TRIM_HORIZON" if child or self._stream.from_horizon else "LATEST"
        return Cursor(self._streams, self._stream.arn, shard.id, start)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for cursor in self._cursors:
                group.create_task(self._follow(cursor, group))

    async def _follow(self, cursor: Cursor, group: asyncio.TaskGroup) -> None:
        await ShardReader(
            self._stream, cursor, self._functions, self._shared, self._follows_clock
        ).run()
        self._ended.add(cursor.shard_id)
        shards = await patiently(self._shards, self._shared.clock, self._stream.arn)
        for shard in ready(shards, self._begun, self._ended):
            group.create_task(self._follow(self._cursor(shard, child=True), group))

    async def _shards(self) -> list[Shard]:
        shards: list[Shard] = []
        page: dict[str, str] = {}
        while True:
            answer = await asyncio.to_thread(
                self._streams.describe_stream, StreamArn=self._stream.arn, **page
            )
            shards += shards_of(answer["StreamDescription"])
            last = answer["StreamDescription"].get("LastEvaluatedShardId")
            if last is None:
                return shards
            page = {"ExclusiveStartShardId": last}
