"""The queues in SQS."""

import functools
import json
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.clients import client
from notify.codes import Code
from notify.errors import Unavailable
from notify.jobs import LaterJob, PartJob, encode_job
from notify.model import ConnectionId

CONFIG = Config(
    connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)
# The limits of one SendMessageBatch: ten messages and 256 KB in all.
MAX_MESSAGES = 10
MAX_BYTES = 240 * 1024


class SqsQueue:
    """One queue by its URL."""

    def __init__(self, url: str, region: str) -> None:
        self._url = url
        self._region = region

    @functools.cached_property
    def _client(self) -> Any:
        """Made when first needed: most frames put nothing into a queue."""
        return client("sqs", self._region, CONFIG)

    def put(self, bodies: Iterable[str], delay_seconds: int | None = None) -> None:
        """Raises: Unavailable if any message was not taken."""
        delay = {} if delay_seconds is None else {"DelaySeconds": delay_seconds}
        for batch in batches(bodies):
            entries = [{"Id": str(n), "MessageBody": body, **delay} for n, body in enumerate(batch)]
            try:
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            except (ClientError, BotoCoreError) as error:
                raise Unavailable("the queue does not answer: try again") from error
            if answer.get("Failed"):
                raise Unavailable("the queue did not take everything: try again")


def batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    """The bodies in batches that SQS takes."""
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if batch and (len(batch) == MAX_MESSAGES or size + length > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch


class SqsRefusals:
    """Connections that are to be refused. The queue itself delays them: see queues.yml."""

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue

    def put(self, connection_id: ConnectionId, code: Code) -> None:
        self._queue.put([json.dumps({"connection_id": connection_id, "code": int(code)})])


class SqsDeliveries:
    """Parts of broadcasts."""

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue

    def put(self, jobs: Iterable[PartJob], delay_seconds: int = 0) -> None:
        self._queue.put((encode_job(job) for job in jobs), delay_seconds)


class SqsLater:
    """What is put off."""

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue

    def put(self, jobs: Iterable[LaterJob], delay_seconds: int = 0) -> None:
        self._queue.put((encode_job(job) for job in jobs), delay_seconds)
