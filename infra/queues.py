"""What is put into the queues of SQS."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from infra.invocation import correlation_id
from notify.codes import Code
from notify.jobs import LaterJob, PartJob, encode_job
from notify.model import ConnectionId

# The limits of one SendMessageBatch: ten messages and 256 KB in all, attributes included.
MAX_MESSAGES = 10
MAX_BYTES = 240 * 1024
# A message's attribute that says what request it comes of.
CORRELATION_ID = "correlation_id"


# Of a SendMessageBatch.
Entry = dict[str, Any]


class Queue(Protocol):
    """One of them."""

    def put(self, bodies: Iterable[str], delay_seconds: int | None = None) -> None:
        """Raises: Unavailable if any message was not taken."""


def entries(bodies: Iterable[str], delay_seconds: int | None = None) -> Iterator[list[Entry]]:
    """Batches of messages as SQS takes them, told apart by their numbers."""
    common: Entry = {} if delay_seconds is None else {"DelaySeconds": delay_seconds}
    if followed := correlation_id():
        value = {"DataType": "String", "StringValue": followed}
        common["MessageAttributes"] = {CORRELATION_ID: value}
    for batch in batches(bodies):
        yield [{"Id": str(n), "MessageBody": body, **common} for n, body in enumerate(batch)]


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

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def put(self, connection_id: ConnectionId, code: Code) -> None:
        self._queue.put([json.dumps({"connection_id": connection_id, "code": int(code)})])


class SqsDeliveries:
    """Parts of broadcasts."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def put(self, jobs: Iterable[PartJob], delay_seconds: int = 0) -> None:
        self._queue.put((encode_job(job) for job in jobs), delay_seconds)


class SqsLater:
    """What is put off."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def put(self, jobs: Iterable[LaterJob], delay_seconds: int = 0) -> None:
        self._queue.put((encode_job(job) for job in jobs), delay_seconds)
