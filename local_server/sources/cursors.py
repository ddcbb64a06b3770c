"""Reading one shard of a DynamoDB stream in its order."""

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

from botocore.exceptions import ClientError

from local_server.provisioning import Client

_READ_MOST = 1000  # DynamoDB's own limit for one GetRecords

Start = Literal["TRIM_HORIZON", "LATEST"]


class Cursor:
    """A place in a shard; it outlives the iterators that DynamoDB gives for a quarter hour."""

    def __init__(self, streams: Client, stream_arn: str, shard_id: str, start: Start) -> None:
        self._streams = streams
        self._shard = {"StreamArn": stream_arn, "ShardId": shard_id}
        self._position: dict[str, str] = {"ShardIteratorType": start}
        self._iterator: str | None = None
        self.shard_id = shard_id
        self.ended = False

    async def open(self) -> None:
        """Settles where it starts. Raises ClientError, BotoCoreError."""
        if self._iterator is None:
            answer = await asyncio.to_thread(
                self._streams.get_shard_iterator, **self._shard, **self._position
            )
            self._iterator = answer["ShardIterator"]

    async def settle(self) -> None:
        """The same, where iterators may expire before they are used: LATEST would be another place
        when it is asked for once more. What is there already is read, and forgotten.

        Raises ClientError, BotoCoreError.
        """
        if self._position["ShardIteratorType"] == "LATEST":
            self._position = {"ShardIteratorType": "TRIM_HORIZON"}
            while not self.ended and await self.read(_READ_MOST):
                pass

    async def read(self, most: int) -> list[Mapping[str, Any]]:
        """Up to `most` records, if there are any. Raises ClientError, BotoCoreError."""
        try:
            await self.open()
            answer = await asyncio.to_thread(
                self._streams.get_records,
                ShardIterator=self._iterator,
                Limit=min(most, _READ_MOST),
            )
        except ClientError as error:
            self._lose(error.response["Error"]["Code"])
            if error.response["Error"]["Code"] == "ExpiredIteratorException":
                return []
            raise
        return self._advance(answer)

    def _lose(self, code: str) -> None:
        self._iterator = None
        if code == "TrimmedDataAccessException":
            self._position = {"ShardIteratorType": "TRIM_HORIZON"}

    def _advance(self, answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        self._iterator = answer.get("NextShardIterator")
        self.ended = self._iterator is None
        records: list[Mapping[str, Any]] = answer["Records"]
        if records:
            self._position = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "SequenceNumber": records[-1]["dynamodb"]["SequenceNumber"],
            }
        return records
