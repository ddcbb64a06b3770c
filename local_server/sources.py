"""SQS event source mappings: queues that invoke functions."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_server.errors import FunctionError
from local_server.events.sqs import sqs_event
from local_server.functions import Invoker
from local_server.provisioning import Client
from local_server.tasks import Tasks
from local_server.template import FunctionName

logger = logging.getLogger("local_server.sqs")

_RECEIVE_MOST = 10  # SQS's own limit for one ReceiveMessage and one DeleteMessageBatch
_POLL_S = 2
_RETRY_S = 1.0

Message = Mapping[str, Any]


@dataclass(frozen=True)
class Queue:
    """One event source mapping, resolved."""

    function: FunctionName
    url: str
    arn: str
    region: str
    batch_size: int
    window_s: float
    reports_failures: bool
    concurrency: int


class Source:
    """Polls one queue until it is cancelled; several batches may be in work at once."""

    def __init__(self, queue: Queue, functions: Invoker, sqs: Client, tasks: Tasks) -> None:
        self._queue = queue
        self._functions = functions
        self._sqs = sqs
        self._tasks = tasks
        self._slots = asyncio.Semaphore(queue.concurrency)

    async def run(self) -> None:
        while True:
            await self._slots.acquire()
            try:
                batch = await self._batch()
            except (BotoCoreError, ClientError) as error:
                logger.warning("%s cannot be polled: %s", self._queue.url, error)
                await asyncio.sleep(_RETRY_S)
                batch = []
            if not batch:
                self._slots.release()
                continue
            task = self._tasks.start(self._handle(batch))
            task.add_done_callback(lambda _: self._slots.release())

    async def _batch(self) -> list[Message]:
        """Whatever is there at once; with a batching window, more of it until the window ends."""
        loop = asyncio.get_running_loop()
        batch = await self._receive(self._queue.batch_size, _POLL_S)
        end = loop.time() + self._queue.window_s
        while batch and len(batch) < self._queue.batch_size:
            wait = int(max(0, min(_POLL_S, end - loop.time())))
            more = await self._receive(self._queue.batch_size - len(batch), wait)
            batch += more
            if not more and loop.time() >= end:
                break
        return batch

    async def _receive(self, most: int, wait_s: int) -> list[Message]:
        answer = await asyncio.to_thread(
            self._sqs.receive_message,
            QueueUrl=self._queue.url,
            MaxNumberOfMessages=min(most, _RECEIVE_MOST),
            WaitTimeSeconds=wait_s,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    async def _handle(self, batch: Sequence[Message]) -> None:
        """What failed stays in the queue until its visibility timeout ends."""
        event = sqs_event(batch, self._queue.arn, self._queue.region)
        try:
            payload = await self._functions.invoke(self._queue.function, event)
        except FunctionError:
            return
        failed = self._failed(payload, batch)
        done = [message for message in batch if message["MessageId"] not in failed]
        logger.info("sqs -> %s %d of %d done", self._queue.function, len(done), len(batch))
        await self._delete(done)

    def _failed(self, payload: str, batch: Sequence[Message]) -> set[str]:
        known = {message["MessageId"] for message in batch}
        return failed_ids(payload, known) if self._queue.reports_failures else set()

    async def _delete(self, messages: Sequence[Message]) -> None:
        for start in range(0, len(messages), _RECEIVE_MOST):
            part = messages[start : start + _RECEIVE_MOST]
            entries = [
                {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                for index, message in enumerate(part)
            ]
            try:
                await asyncio.to_thread(
                    self._sqs.delete_message_batch, QueueUrl=self._queue.url, Entries=entries
                )
            except (BotoCoreError, ClientError) as error:
                logger.warning("%s: cannot delete: %s", self._queue.url, error)


def failed_ids(payload: str, known: set[str]) -> set[str]:
    """The messages a function reports as failed; a bad report fails all of them.

    docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    result = json.loads(payload)
    if not result:
        return set()
    failures = result.get("batchItemFailures") if isinstance(result, dict) else None
    if failures is None:
        return set() if isinstance(result, dict) else known
    if not isinstance(failures, list):
        return known
    ids = {item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures}
    return {str(name) for name in ids} if ids <= known else known
