"""Batches of SQS messages."""

import functools
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from handlers._edge.invocation import Context, Event, Response, log_bug, log_invocation
from infra.invocation import begin, count, follow
from infra.queues import CORRELATION_ID

T = TypeVar("T")
Handler = Callable[[Event, Context], Response]


class Record:
    """One message of an SQS batch."""

    def __init__(self, record: Event, context: Context) -> None:
        self.body = str(record["body"])
        self.message_id = str(record["messageId"])
        # Who has put it knew what request it comes of, unless they were of an earlier version.
        followed = record.get("messageAttributes", {}).get(CORRELATION_ID)
        self.correlation_id = str(followed["stringValue"]) if followed else self.message_id
        self.receive_count = int(record["attributes"]["ApproximateReceiveCount"])
        # Since it was put; a delay that was asked for is part of it.
        sent_ms = int(record["attributes"]["SentTimestamp"])
        self.waited_ms = max(0, time.time_ns() // 1_000_000 - sent_ms)
        self.remaining_ms = context.get_remaining_time_in_millis
        self.outcome = "ok"
        self.is_taken = True  # what is not comes again


def queue(operation: Callable[[Record], bool | None]) -> Handler:
    """A handler of a batch, message by message. What the operation answers False for, or raises
    for, comes again.

    docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """

    @functools.wraps(operation)
    def handler(event: Event, context: Context) -> Response:
        records = []
        for raw in event["Records"]:
            record, started = Record(raw, context), time.perf_counter()
            _begin(record)
            with _attempt([record]):
                record.is_taken = operation(record) is not False
            _log(record, started, context)
            records.append(record)
        return _answer(records)

    return handler


def queue_at_once(
    parse: Callable[[str], T],
) -> Callable[[Callable[[dict[Record, T]], None]], Handler]:
    """The same for a batch as a whole, so that no message waits for the others. The operation gets
    those whose bodies `parse` did not raise for, and says in each record what became of it."""

    def decorate(operation: Callable[[dict[Record, T]], None]) -> Handler:
        @functools.wraps(operation)
        def handler(event: Event, context: Context) -> Response:
            started = time.perf_counter()
            records = [Record(raw, context) for raw in event["Records"]]
            parsed: dict[Record, T] = {}
            for record in records:
                with _attempt([record]):
                    parsed[record] = parse(record.body)
            begin(context.aws_request_id)  # what is done for all of them is no single one's
            with _attempt(parsed):
                operation(parsed)
            for record in records:
                _begin(record)
                _log(record, started, context)
            return _answer(records)

        return handler

    return decorate


def _begin(record: Record) -> None:
    begin(record.correlation_id)
    count({"backlog_ms": record.waited_ms})


@contextmanager
def _attempt(records: Iterable[Record]) -> Iterator[None]:
    """What raises comes again, and nothing else: one bad message must not cost the others."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        for record in records:
            record.outcome, record.is_taken = "failed", False
            follow(record.correlation_id)
            log_bug(error, record.message_id)


def _log(record: Record, started: float, context: Context) -> None:
    log_invocation(
        "queue",
        started,
        outcome=record.outcome,
        message_id=record.message_id,
        receive_count=record.receive_count,
        request_id=context.aws_request_id,
    )


def _answer(records: list[Record]) -> Response:
    failed = [record.message_id for record in records if not record.is_taken]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
