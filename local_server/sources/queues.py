"""SQS queues, polled; several batches may be in work at once."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_server.clock import Milliseconds
from local_server.errors import FunctionError
from local_server.events.sqs import sqs_event
from local_server.functions import Invoker
from local_server.journal import Batch
from local_server.provisioning import Client
from local_server.shared import Shared
from local_server.sources.backoff import patiently
from local_server.sources.reports import failed_ids, overtaken
from local_server.template import FunctionName

logger = logging.getLogger("local_server.sources")

_RECEIVE_MOST = 10  # SQS's own limit for one ReceiveMessage and one DeleteMessageBatch
_POLL_S = 2
_STAMPS = ("SentTimestamp", "ApproximateFirstReceiveTimestamp")

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

    @property
    def is_fifo(self) -> bool:
        return self.arn.endswith(".fifo")


class QueuePoller:
    """Of a FIFO queue too: SQS itself holds a message group back while some of it is in work.

    A store that `follows_clock` stamps messages with the emulator's time.
    """

    def __init__(
        self,
        queue: Queue,
        functions: Invoker,
        sqs: Client,
        shared: Shared,
        follows_clock: bool = False,
    ) -> None:
        self._queue = queue
        self._functions = functions
        self._sqs = sqs
        self._tasks = shared.tasks
        self._clock = shared.clock
        self._journal = shared.journal
        self._follows_clock = follows_clock
        self._slots = asyncio.Semaphore(queue.concurrency)
        # A long poll would hold one of the few threads that the event loop lends.
        self._thread = ThreadPoolExecutor(1, "local_server.sources")

    async def open(self) -> None:
        """Nothing to settle: a queue keeps what is sent."""

    async def run(self) -> None:
        try:
            while True:
                await self._slots.acquire()
                batch = await self._batch()
                if not batch:
                    self._slots.release()
                    continue
                task = self._tasks.start(self._handle(batch))
                task.add_done_callback(lambda _: self._slots.release())
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _batch(self) -> list[Message]:
        """Whatever is there at once; with a batching window, more of it until the window ends."""
        size = self._queue.batch_size
        first = partial(self._receive, size, _POLL_S)
        batch = await patiently(first, self._clock, self._queue.url)
        end = self._clock.now() + self._queue.window_s * 1000
        while batch and len(batch) < size:
            left = (end - self._clock.now()) / 1000
            try:
                more = await self._receive(size - len(batch), ceil(max(0, min(_POLL_S, left))))
            except (BotoCoreError, ClientError):
                # What was received is not to be lost with it; the next poll says what is wrong.
                break
            batch += more
            if not more and self._clock.now() >= end:
                break
        return batch

    async def _receive(self, most: int, wait_s: int) -> list[Message]:
        receive = partial(
            self._sqs.receive_message,
            QueueUrl=self._queue.url,
            MaxNumberOfMessages=min(most, _RECEIVE_MOST),
            WaitTimeSeconds=wait_s,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        answer = await asyncio.get_running_loop().run_in_executor(self._thread, receive)
        return list(answer.get("Messages", []))

    async def _handle(self, batch: Sequence[Message]) -> None:
        """What failed stays in the queue until its visibility timeout ends."""
        messages = map(self._by_our_clock, batch)
        event = sqs_event(messages, self._queue.arn, self._queue.region)
        try:
            payload = await self._functions.invoke(self._queue.function, event)
        except FunctionError:
            self._note(0, batch)
            return
        failed = self._failed(payload, batch)
        done = [message for message in batch if message["MessageId"] not in failed]
        logger.info("sqs -> %s %d of %d done", self._queue.function, len(done), len(batch))
        self._note(len(done), batch)
        await self._delete(done)

    def _note(self, done: int, batch: Sequence[Message]) -> None:
        if self._journal.is_detailed:
            name, now = self._queue.arn.rpartition(":")[2], self._clock.now()
            self._journal.add(Batch(now, "queue", name, self._queue.function, len(batch), done))

    def _by_our_clock(self, message: Message) -> Message:
        """Another store stamps messages with the machine's time."""
        if self._follows_clock:
            return message
        attributes = dict(message.get("Attributes", {}))
        for name in attributes.keys() & _STAMPS:
            attributes[name] = str(self._clock.at(Milliseconds(int(attributes[name]))))
        return {**message, "Attributes": attributes}

    def _failed(self, payload: str, batch: Sequence[Message]) -> set[str]:
        if not self._queue.reports_failures:
            return set()
        failed = failed_ids(payload, {message["MessageId"] for message in batch})
        if self._queue.is_fifo and overtaken([_group(message) for message in batch], failed):
            # As at AWS, which tells functions to report all that come after a failed one.
            logger.warning(
                "%s: messages after a failed one of their group were not reported as failed: "
                "they are deleted, and the group is out of order",
                self._queue.function,
            )
        return failed

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


def _group(message: Message) -> tuple[str, str | None]:
    return message["MessageId"], message.get("Attributes", {}).get("MessageGroupId")
