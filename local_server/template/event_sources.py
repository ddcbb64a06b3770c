"""Event sources: what invokes a function without a client. So far, SQS queues."""

from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.model import FunctionName, QueueSource

# Lambda starts with five concurrent batches a queue
# (docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
CONCURRENT_BATCHES = 5
_SQS_KEYS = (
    "arn",
    "batchSize",
    "enabled",
    "functionResponseType",
    "maximumBatchingWindow",
    "maximumConcurrency",
)


def read_queue_source(function: FunctionName, event: Fields) -> QueueSource | None:
    """None where it is switched off. Raises TemplateError."""
    value = event.raw("sqs")
    if not (isinstance(value, Block) and "arn" in value):
        place = event.place("sqs")
        return QueueSource(function, value, 10, 0, False, CONCURRENT_BATCHES, place)
    fields = event.block("sqs")
    fields.only(_SQS_KEYS, {"filterPatterns": "event filters are not emulated"})
    if not fields.flag("enabled", True):
        return None
    if fields.number("batchSize", 10) > 10 and not fields.number("maximumBatchingWindow", 0):
        fields.refuse("batchSize", "above 10, SQS wants a maximumBatchingWindow")
    return QueueSource(
        function=function,
        queue_arn=fields.raw("arn"),
        batch_size=int(fields.number("batchSize", 10)),
        window_s=fields.number("maximumBatchingWindow", 0),
        reports_failures=_reports_failures(fields),
        concurrency=int(fields.number("maximumConcurrency", CONCURRENT_BATCHES)),
        place=fields.place("arn"),
    )


def _reports_failures(fields: Fields) -> bool:
    if "functionResponseType" not in fields:
        return False
    if fields.text("functionResponseType") != "ReportBatchItemFailures":
        fields.refuse("functionResponseType", "Lambda knows only ReportBatchItemFailures")
    return True
