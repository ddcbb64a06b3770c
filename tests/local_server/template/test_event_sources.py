"""SQS queues and DynamoDB streams as the template spells them."""

from pathlib import Path

import pytest

from local_server.errors import TemplateError
from local_server.template import QueueSource, StreamSource, load_template

TEMPLATE = """\
service: s
functions:
  f:
    handler: h.f
    events:
      - {event}
"""


def sources(tmp_path: Path, event: str) -> tuple[object, ...]:
    file = tmp_path / "serverless.yml"
    file.write_text(TEMPLATE.format(event=event))
    return load_template(file).sources


def queue(tmp_path: Path, settings: str) -> QueueSource:
    (source,) = sources(tmp_path, f"sqs: {settings}")
    assert isinstance(source, QueueSource)
    return source


def stream(tmp_path: Path, settings: str) -> StreamSource:
    (source,) = sources(tmp_path, f"stream: {settings}")
    assert isinstance(source, StreamSource)
    return source


# Queues


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ("arn:aws:sqs:eu-west-3:1:jobs", "sqs jobs"),
        ("!GetAtt Jobs.Arn", "sqs Jobs"),
        ("{Fn::GetAtt: [Jobs, Arn]}", "sqs Jobs"),
        ("{arn: !GetAtt Jobs.Arn}", "sqs Jobs"),
    ],
)
def test_a_queue_comes_in_every_spelling(tmp_path: Path, settings: str, key: str) -> None:
    source = queue(tmp_path, settings)
    assert source.key == key
    assert (source.batch_size, source.window_s, source.concurrency) == (10, 0, 5)
    assert not source.reports_failures
    assert str(source.place).startswith("serverless.yml:6: functions.f.events[0].sqs.arn")


def test_a_queue_has_the_settings_of_its_event(tmp_path: Path) -> None:
    source = queue(
        tmp_path,
        "{arn: x, batchSize: 100, maximumBatchingWindow: 5, maximumConcurrency: 2,"
        " functionResponseType: ReportBatchItemFailures}",
    )
    assert (source.batch_size, source.window_s, source.concurrency) == (100, 5, 2)
    assert source.reports_failures


@pytest.mark.parametrize(
    "event", ["sqs: {arn: x, enabled: false}", "stream: {arn: x, enabled: false}"]
)
def test_a_source_may_be_switched_off(tmp_path: Path, event: str) -> None:
    assert sources(tmp_path, event) == ()


# Streams


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (
            "arn:aws:dynamodb:eu-west-3:1:table/orders/stream/2026-06-10T19:26:16.525",
            "stream orders",
        ),
        ("!GetAtt Orders.StreamArn", "stream Orders"),
        ("{type: dynamodb, arn: !GetAtt Orders.StreamArn}", "stream Orders"),
    ],
)
def test_a_stream_comes_in_every_spelling(tmp_path: Path, settings: str, key: str) -> None:
    source = stream(tmp_path, settings)
    assert source.key == key
    assert (source.batch_size, source.window_s, source.from_horizon) == (10, 0, True)
    assert (source.retries, source.max_age_s, source.parallel_batches) == (None, 86_400, 1)
    assert not source.reports_failures
    assert not source.bisects


def test_a_stream_has_the_settings_of_its_event(tmp_path: Path) -> None:
    source = stream(
        tmp_path,
        "{arn: x, batchSize: 1000, batchWindow: 3, startingPosition: LATEST,"
        " maximumRetryAttempts: 0, maximumRecordAgeInSeconds: 60, parallelizationFactor: 4,"
        " bisectBatchOnFunctionError: true, functionResponseType: ReportBatchItemFailures}",
    )
    assert (source.batch_size, source.window_s, source.from_horizon) == (1000, 3, False)
    assert (source.retries, source.max_age_s, source.parallel_batches) == (0, 60, 4)
    assert source.reports_failures
    assert source.bisects


def test_dynamodb_forgets_after_a_day_whatever_lambda_is_told(tmp_path: Path) -> None:
    assert stream(tmp_path, "{arn: x, maximumRecordAgeInSeconds: 604800}").max_age_s == 86_400
    assert stream(tmp_path, "{arn: x, maximumRecordAgeInSeconds: -1}").max_age_s == 86_400


# Refusals


@pytest.mark.parametrize(
    ("event", "place", "reason"),
    [
        ("sqs: {batchSize: 5}", "sqs.arn", "arn is missing"),
        ("sqs:", "sqs.arn", "arn is missing"),
        ("sqs: {arn: x, filterPatterns: []}", "sqs.filterPatterns", "filters are not emulated"),
        ("sqs: {arn: x, batchSize: 0}", "sqs.batchSize", "1 to 10000"),
        ("sqs: {arn: x, batchSize: 10001}", "sqs.batchSize", "1 to 10000"),
        ("sqs: {arn: x, batchSize: 1.5}", "sqs.batchSize", "1 to 10000"),
        ("sqs: {arn: x, batchSize: 11}", "sqs.batchSize", "maximumBatchingWindow"),
        ("sqs: {arn: x, maximumBatchingWindow: 301}", "maximumBatchingWindow", "0 to 300"),
        ("sqs: {arn: x, maximumConcurrency: 1}", "maximumConcurrency", "2 to 1000"),
        ("sqs: {arn: x, functionResponseType: y}", "functionResponseType", "knows only"),
        ("sqs: {arn: x, enabled: 1}", "sqs.enabled", "true or false"),
        ("sqs: {arn: x, consumer: true}", "sqs.consumer", "does not emulate"),
        ("stream: {type: dynamodb}", "stream.arn", "arn is missing"),
        ("stream: {type: kinesis, arn: x}", "stream.type", "Kinesis is not emulated"),
        ("stream: {type: other, arn: x}", "stream.type", "dynamodb is expected"),
        ("stream: arn:aws:kinesis:eu-west-3:1:stream/s", "stream.arn", "Kinesis is not emulated"),
        ("stream: {arn: x, batchSize: 10001}", "stream.batchSize", "1 to 10000"),
        ("stream: {arn: x, batchWindow: 301}", "stream.batchWindow", "0 to 300"),
        ("stream: {arn: x, startingPosition: AT_TIMESTAMP}", "startingPosition", "TRIM_HORIZON"),
        ("stream: {arn: x, startingPositionTimestamp: 1}", "Timestamp", "only Kinesis"),
        ("stream: {arn: x, maximumRetryAttempts: -2}", "maximumRetryAttempts", "-1 to 10000"),
        ("stream: {arn: x, maximumRecordAgeInSeconds: 59}", "RecordAge", "60 to 604800"),
        ("stream: {arn: x, parallelizationFactor: 11}", "parallelizationFactor", "1 to 10"),
        ("stream: {arn: x, functionResponseType: y}", "functionResponseType", "knows only"),
        ("stream: {arn: x, destinations: {onFailure: y}}", "stream.destinations", "not emulated"),
        ("stream: {arn: x, filterPatterns: []}", "stream.filterPatterns", "not emulated"),
        ("stream: {arn: x, tumblingWindowInSeconds: 1}", "tumblingWindow", "not emulated"),
        ("stream: {arn: x, consumer: true}", "stream.consumer", "only Kinesis"),
    ],
)  # fmt: skip
def test_what_is_not_emulated_is_refused(
    tmp_path: Path, event: str, place: str, reason: str
) -> None:
    with pytest.raises(TemplateError) as refusal:
        sources(tmp_path, event)
    message = str(refusal.value)
    assert message.startswith("serverless.yml:")
    assert place in message
    assert reason in message
