"""The queue for later: what was put off, once its time has come."""

from handlers._edge.queue import Record, queue
from infra.wiring.later import later
from notify.jobs import parse_later_job


@queue
def handler(record: Record) -> None:
    tally = later().run(parse_later_job(record.body))
    record.outcome = " ".join(f"{name}={count}" for name, count in tally.items())
