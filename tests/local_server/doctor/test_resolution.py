"""Properties, environments and sources, without a store."""

from pathlib import Path

from local_server.doctor.resolution import Resolution, resolve
from local_server.template import load_template
from local_server.template.checking import check_template
from tests.local_server.conftest import SAMPLE

TEMPLATE = """\
service: s
provider:
  environment:
    JOBS: !Ref Jobs
    NOPE: !Ref Nope
functions:
  one: { handler: a.b, environment: { ALSO: !GetAtt Nope.Arn, LIST: [1] } }
  two:
    handler: a.b
    environment: { NOPE: null }
    timeout: 60
    events:
      - sqs: !GetAtt Jobs.Arn
      - sqs: arn:aws:sqs:us-east-1:1:other
      - stream: !GetAtt Things.StreamArn
resources:
  Resources:
    Jobs:
      Type: AWS::SQS::Queue
      Properties: { Colour: red, Size: 1, VisibilityTimeout: 30 }
    Things:
      Type: AWS::DynamoDB::Table
      Properties:
        StreamSpecification: { StreamViewType: NEW_IMAGE }
        AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
        KeySchema: [{ AttributeName: id, KeyType: HASH }]
"""


def resolved(folder: Path, text: str) -> Resolution:
    (folder / "serverless.yml").write_text(text)
    return resolve(load_template(folder / "serverless.yml"))


def texts(resolution: Resolution) -> list[str]:
    return [str(error).removeprefix("serverless.yml:") for error in resolution.errors]


def test_the_sample_has_nothing_wrong() -> None:
    resolution = resolve(load_template(SAMPLE))
    assert not resolution.errors
    assert set(resolution.environments) == set(load_template(SAMPLE).functions)


def test_every_fault_is_named_once_at_its_line(tmp_path: Path) -> None:
    assert texts(resolved(tmp_path, TEMPLATE)) == [
        "19: Resources.Jobs.Type: the property Colour is not emulated",
        "19: Resources.Jobs.Type: the property Size is not emulated",
        "5: functions.one.environment.NOPE: Ref Nope: local_server holds no such resource",
        "7: functions.one.environment.ALSO: GetAtt Nope.Arn: local_server cannot know it",
        "7: functions.one.environment.LIST: an environment variable is text",
        "14: functions.two.events[1].sqs.arn: no queue of this template has the ARN "
        "arn:aws:sqs:us-east-1:1:other",
    ]


def test_a_function_without_faults_has_its_environment(tmp_path: Path) -> None:
    environments = resolved(tmp_path, TEMPLATE).environments
    assert list(environments) == ["two"]
    assert environments[next(iter(environments))]["JOBS"].endswith("/s-local-Jobs")


def test_what_a_start_would_only_log_is_kept(tmp_path: Path) -> None:
    (warning,) = resolved(tmp_path, TEMPLATE).warnings
    assert "AWS would refuse two" in warning


def test_what_was_left_out_before_is_not_blamed_again(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(
        "service: s\nfunctions:\n  one: { environment: { A: 1 } }\n"
    )
    template = check_template(tmp_path / "serverless.yml").template
    assert template is not None
    assert resolve(template) == Resolution()


def test_a_name_that_cannot_be_known_stops_the_rest(tmp_path: Path) -> None:
    text = TEMPLATE.replace("Colour: red", "QueueName: !Ref Nope")
    (error,) = texts(resolved(tmp_path, text))
    assert error == "19: Resources.Jobs.Type: Ref Nope: local_server holds no such resource"
