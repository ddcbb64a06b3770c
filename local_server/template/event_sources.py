"""Event source mappings: SQS queues and DynamoDB streams that Lambda polls for a function."""

from typing import Any

from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.ids import FunctionName
from local_server.template.numbers import whole_number
from local_server.template.sources import QueueSource, StreamSource

# Lambda starts with five concurrent batches a queue
# (docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
CONCURRENT_BATCHES = 5
# DynamoDB forgets a record after a day, whatever Lambda is told.
RETENTION_S = 24 * 60 * 60
_NO_FILTERS = {"filterPatterns": "event filters are not emulated"}
_SQS_KEYS = (
    "arn",
    "batchSize",
    "enabled",
    "functionResponseType",
    "maximumBatchingWindow",
    "maximumConcurrency",
)
_STREAM_KEYS = (
    "arn",
    "batchSize",
    "batchWindow",
    "bisectBatchOnFunctionError",
    "enabled",
    "functionResponseType",
    "maximumRecordAgeInSeconds",
    "maximumRetryAttempts",
    "parallelizationFactor",
    "startingPosition",
    "type",
)
_STREAM_HINTS = {
    **_NO_FILTERS,
    "consumer": "only Kinesis has consumers, and Kinesis is not emulated",
    "destinations": "destinations of what failed are not emulated",
    "startingPositionTimestamp": "only Kinesis starts at a time, and Kinesis is not emulated",
    "tumblingWindowInSeconds": "tumbling windows are not emulated",
}


def read_queue_source(function: FunctionName, event: Fields) -> QueueSource | None:
    """None where it is switched off. Raises TemplateError."""
    fields = _mapping(event, "sqs")
    fields.only(_SQS_KEYS, _NO_FILTERS)
    source = QueueSource(
        function=function,
        queue_arn=_arn(fields),
        batch_size=whole_number(fields, "batchSize", 10, 1, 10_000),
        window_s=whole_number(fields, "maximumBatchingWindow", 0, 0, 300),
        reports_failures=_reports_failures(fields),
        concurrency=whole_number(fields, "maximumConcurrency", CONCURRENT_BATCHES, 2, 1000),
        place=fields.place("arn"),
    )
    if source.batch_size > 10 and not source.window_s:
        fields.refuse("batchSize", "above 10, SQS wants a maximumBatchingWindow")
    return source if fields.flag("enabled", True) else None


def read_stream_source(function: FunctionName, event: Fields) -> StreamSource | None:
    """None where it is switched off. Raises TemplateError."""
    fields = _mapping(event, "stream")
    fields.only(_STREAM_KEYS, _STREAM_HINTS)
    _check_kind(fields)
    retries = whole_number(fields, "maximumRetryAttempts", -1, -1, 10_000)
    source = StreamSource(
        function=function,
        stream_arn=_arn(fields),
        # The framework's own default; Lambda's is 100.
        batch_size=whole_number(fields, "batchSize", 10, 1, 10_000),
        window_s=whole_number(fields, "batchWindow", 0, 0, 300),
        from_horizon=_from_horizon(fields),
        reports_failures=_reports_failures(fields),
        bisects=fields.flag("bisectBatchOnFunctionError", False),
        retries=None if retries < 0 else retries,
        max_age_s=_max_age_s(fields),
        parallel_batches=whole_number(fields, "parallelizationFactor", 1, 1, 10),
        place=fields.place("arn"),
    )
    return source if fields.flag("enabled", True) else None


def _mapping(event: Fields, kind: str) -> Fields:
    """`sqs: <arn>` is short for `sqs: {arn: <arn>}`."""
    value = event.raw(kind)
    if isinstance(value, Block) and not _is_intrinsic(value):
        return event.block(kind)
    place = event.place(kind)
    lines = {} if place.line is None else {"arn": place.line}
    return Fields(Block({"arn": value}, place.file, lines), place.path)


def _is_intrinsic(value: Block) -> bool:
    return any(key == "Ref" or key.startswith("Fn::") for key in value)


def _arn(fields: Fields) -> Any:
    return fields.raw("arn") if "arn" in fields else fields.text("arn")


def _check_kind(fields: Fields) -> None:
    arn = fields.raw("arn")
    service = arn.split(":")[2:3] if isinstance(arn, str) else []
    if "kinesis" in (fields.text("type", "dynamodb"), *service):
        fields.refuse("type" if "type" in fields else "arn", "Kinesis is not emulated")
    if fields.text("type", "dynamodb") != "dynamodb":
        fields.refuse("type", "dynamodb is expected")


def _from_horizon(fields: Fields) -> bool:
    position = fields.text("startingPosition", "TRIM_HORIZON")
    if position not in ("TRIM_HORIZON", "LATEST"):
        fields.refuse("startingPosition", "a DynamoDB stream has TRIM_HORIZON and LATEST")
    return position == "TRIM_HORIZON"


def _max_age_s(fields: Fields) -> int:
    if fields.raw("maximumRecordAgeInSeconds", -1) == -1:
        return RETENTION_S
    return min(RETENTION_S, whole_number(fields, "maximumRecordAgeInSeconds", -1, 60, 604_800))


def _reports_failures(fields: Fields) -> bool:
    if "functionResponseType" not in fields:
        return False
    if fields.text("functionResponseType") != "ReportBatchItemFailures":
        fields.refuse("functionResponseType", "Lambda knows only ReportBatchItemFailures")
    return True
