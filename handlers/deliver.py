"""The queue of deliveries: posts a broadcast to a shard, page by page."""

from handlers._edge.queue import Record, queue
from infra.wiring import deliverer
from notify.jobs import parse_job


@queue
def handler(record: Record) -> None:
    tally = deliverer().run(parse_job(record.body), record.remaining_ms)
    record.outcome = " ".join(f"{name}={count}" for name, count in tally.items())
