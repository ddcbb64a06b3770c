"""From the sources of a template to what runs them: names, and what AWS would refuse."""

import logging
from pathlib import Path
from typing import cast

import pytest

from local_server.errors import TemplateError
from local_server.provisioning import Client, Clients
from local_server.sources import Source, make_sources
from local_server.sources.queues import QueuePoller
from local_server.sources.schedules import Scheduler
from local_server.sources.streams import StreamPoller
from local_server.stores.endpoints import Follows
from local_server.template import LogicalId, Names, load_template
from tests.local_server.sources.fakes import Functions, shared

NOBODY = cast(Client, object())
TEMPLATE = """\
service: s
provider: {{ name: aws, region: eu-west-3 }}
functions:
  f:
    handler: h.f
    timeout: 30
    events:
      - {event}
resources:
  Resources:
    Jobs: {{ Type: AWS::SQS::Queue, Properties: {{ VisibilityTimeout: 29 }} }}
    Patient: {{ Type: AWS::SQS::Queue }}
    Ordered: {{ Type: AWS::SQS::Queue, Properties: {{ FifoQueue: true }} }}
    Things: {{ Type: AWS::DynamoDB::Table }}
"""
QUEUES = "arn:aws:sqs:eu-west-3:000000000000:"
STREAM = "arn:aws:dynamodb:eu-west-3:000000000000:table/things/stream/2026-06-10T19:26:16.525"
NAMES = Names(
    region="eu-west-3",
    stack="s-local",
    refs={LogicalId(name): f"http://{name}" for name in ("Jobs", "Patient", "Ordered")},
    attributes={
        (LogicalId("Jobs"), "Arn"): f"{QUEUES}jobs",
        (LogicalId("Patient"), "Arn"): f"{QUEUES}patient",
        (LogicalId("Ordered"), "Arn"): f"{QUEUES}ordered.fifo",
        (LogicalId("Things"), "StreamArn"): STREAM,
    },
)


def make(folder: Path, event: str) -> Source:
    file = folder / "serverless.yml"
    file.write_text(TEMPLATE.format(event=event))
    clients = Clients(dynamodb=NOBODY, sqs=NOBODY, streams=NOBODY)
    (source,) = make_sources(load_template(file), NAMES, clients, Functions(), shared(), Follows())
    return source


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("sqs: !GetAtt Patient.Arn", QueuePoller),
        (f"sqs: {QUEUES}patient", QueuePoller),
        ("sqs: {arn: !GetAtt Ordered.Arn, batchSize: 10}", QueuePoller),
        ("stream: !GetAtt Things.StreamArn", StreamPoller),
        ("schedule: rate(1 day)", Scheduler),
    ],
)
def test_every_kind_of_source_is_made(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, event: str, kind: type
) -> None:
    assert isinstance(make(tmp_path, event), kind)
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("sqs: !GetAtt Absent.Arn", "local_server cannot know it"),
        ("sqs: arn:aws:sqs:eu-west-3:1:other", "no queue of this template has the ARN"),
        (f"sqs: {STREAM}", "no queue of this template has the ARN"),
        ("stream: !GetAtt Jobs.StreamArn", "local_server cannot know it"),
        (f"stream: {STREAM}0", "no table of this template has the stream"),
        ("sqs: {arn: !GetAtt Ordered.Arn, maximumBatchingWindow: 1}", "a FIFO queue has batches"),
        (
            "sqs: {arn: !GetAtt Ordered.Arn, batchSize: 11, maximumBatchingWindow: 1}",
            "a FIFO queue has batches",
        ),
    ],
)
def test_what_cannot_be_a_source_is_refused(tmp_path: Path, event: str, reason: str) -> None:
    with pytest.raises(TemplateError, match=reason) as refusal:
        make(tmp_path, event)
    assert str(refusal.value).startswith("serverless.yml:8: functions.f.events[0]")


@pytest.mark.parametrize(
    ("event", "warning"),
    [
        ("sqs: !GetAtt Jobs.Arn", "messages come back after 29 s"),
        ("stream: {arn: !GetAtt Things.StreamArn, parallelizationFactor: 2}", "one batch"),
    ],
)
def test_what_differs_from_aws_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, event: str, warning: str
) -> None:
    with caplog.at_level(logging.WARNING, "local_server"):
        make(tmp_path, event)
    (message,) = caplog.messages
    assert warning in message


@pytest.mark.parametrize(
    ("event", "arn", "at_once"),
    [
        ("rate(1 day)", "arn:aws:events:{}:rule/s-local-FEventsRuleSchedule1", False),
        ("{rate: rate(1 day), name: mine}", "arn:aws:events:{}:rule/mine", False),
        (
            "{rate: rate(1 day), method: scheduler}",
            "arn:aws:scheduler:{}:schedule/default/s-local-FSchedulerSchedule1",
            True,
        ),
        (
            "{rate: 'cron(0 0 * * ? *)', method: scheduler}",
            "arn:aws:scheduler:{}:schedule/default/s-local-FSchedulerSchedule1",
            False,
        ),
    ],
)
def test_a_schedule_is_named_as_cloudformation_does(
    tmp_path: Path, event: str, arn: str, at_once: bool
) -> None:
    source = make(tmp_path, f"schedule: {event}")
    assert isinstance(source, Scheduler)
    assert source.rule.arn == arn.format("eu-west-3:000000000000")
    assert source.rule.at_once == at_once
