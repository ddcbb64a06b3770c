"""The queue of deliveries: plans broadcasts, and posts them part by part, page by page."""

from handlers._edge.queue import Record, queue
from infra.wiring.deliverer import deliverer
from notify.jobs import parse_job


@queue
def handler(record: Record) -> bool:
    """What another worker is at stays in the queue, in case that one dies."""
    job = parse_job(record.body)
    work = deliverer().run(job, record.remaining_ms, record.receive_count)
    if work is None:
        record.outcome = "overtaken"
        return False
    counts = [f"{name}={count}" for name, count in work.tally.items()]
    record.outcome = " ".join([work.ending, *counts])
    return True
