"""Batches of SQS messages."""

import functools
import time
from collections.abc import Callable

from handlers._edge.invocation import Context, Event, Response, log_bug, log_invocation
from infra.invocation import begin, count


class Record:
    """One message of an SQS batch."""

    def __init__(self, record: Event, context: Context) -> None:
        self.body = str(record["body"])
        self.message_id = str(record["messageId"])
        self.receive_count = int(record["attributes"]["ApproximateReceiveCount"])
        # Since it was put; a delay that was asked for is part of it.
        sent_ms = int(record["attributes"]["SentTimestamp"])
        self.waited_ms = max(0, time.time_ns() // 1_000_000 - sent_ms)
        self.remaining_ms = context.get_remaining_time_in_millis
        self.outcome = "ok"


def queue(operation: Callable[[Record], bool | None]) -> Callable[[Event, Context], Response]:
    """A handler of a batch. What the operation answers False for, or raises for, comes again.

    docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """

    @functools.wraps(operation)
    def handler(event: Event, context: Context) -> Response:
        failures = []
        for raw in event["Records"]:
            record, started = Record(raw, context), time.perf_counter()
            begin(record.message_id)
            count({"backlog_ms": record.waited_ms})
            if not _taken(operation, record):
                failures.append({"itemIdentifier": record.message_id})
            log_invocation(
                "queue",
                started,
                outcome=record.outcome,
                message_id=record.message_id,
                receive_count=record.receive_count,
                request_id=context.aws_request_id,
            )
        return {"batchItemFailures": failures}

    return handler


def _taken(operation: Callable[[Record], bool | None], record: Record) -> bool:
    try:
        return operation(record) is not False
    except Exception as error:  # noqa: BLE001  (one bad message must not cost the others)
        record.outcome = "failed"
        log_bug(error, record.message_id)
        return False
