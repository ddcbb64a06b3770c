"""What invokes a function without a client, typed: queues, streams, schedules."""

from dataclasses import dataclass
from typing import Any

from local_server.cron import Schedule
from local_server.errors import Place
from local_server.template.ids import FunctionName, LogicalId


@dataclass(frozen=True)
class QueueSource:
    """An SQS queue that invokes a function. `queue_arn` may be an intrinsic."""

    function: FunctionName
    queue_arn: Any
    batch_size: int
    window_s: float
    reports_failures: bool
    concurrency: int
    place: Place

    @property
    def key(self) -> str:
        return f"sqs {_name_in(self.queue_arn)}"


@dataclass(frozen=True)
class StreamSource:
    """A DynamoDB stream that invokes a function; without `retries` until a record is too old."""

    function: FunctionName
    stream_arn: Any
    batch_size: int
    window_s: float
    from_horizon: bool
    reports_failures: bool
    bisects: bool
    retries: int | None
    max_age_s: int
    parallel_batches: int
    place: Place

    @property
    def key(self) -> str:
        return f"stream {_name_in(self.stream_arn)}"


@dataclass(frozen=True)
class Asynchronous:
    """How often Lambda tries an event again that nobody waits for, and how old it may get."""

    retries: int = 2
    max_age_s: int = 6 * 60 * 60


@dataclass(frozen=True)
class ScheduleSource:
    """A rule of EventBridge, or a schedule of EventBridge Scheduler. `input` is JSON text."""

    function: FunctionName
    expression: str
    schedule: Schedule
    logical_id: LogicalId
    name: str | None
    by_scheduler: bool
    input: str | None
    asynchronous: Asynchronous

    @property
    def key(self) -> str:
        return f"schedule {self.expression}"


EventSource = QueueSource | StreamSource | ScheduleSource


def _name_in(arn: Any) -> str:
    """What `!GetAtt Jobs.Arn` names; a literal ARN ends in its queue's name or has its table's."""
    named = arn.get("Fn::GetAtt", "") if isinstance(arn, dict) else arn
    if isinstance(named, list):
        return str(named[0])
    name = str(named).rpartition(":table/")[2].partition("/stream/")[0]
    return name.rpartition(":")[2].split(".")[0]
