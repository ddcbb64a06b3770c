"""Every problem of a template at once."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_server.errors import TemplateError
from local_server.template import load_template
from local_server.template.checking import Checked, check_template
from tests.local_server.conftest import SAMPLE

BAD = """\
service: bad
layers: { x: 1 }
provider:
  name: aws
  runtime: nodejs20
  region: ${ssm:/region}
  odd: 1
functions:
  one:
    handler: nodot
    events:
      - websocket: $connect
      - s3: bucket
      - kafka: x
      - websocket: $connect
      - httpApi: FETCH /x
  two:
    handler: a.b
    timeout: 5000
    events: [{ httpApi: GET nope }]
  three: { events: [] }
resources:
  Resources:
    Bucket: { Type: AWS::S3::Bucket }
    Stream: { Type: AWS::Kinesis::Stream }
"""


def check(folder: Path, text: str) -> Checked:
    (folder / "serverless.yml").write_text(text)
    return check_template(folder / "serverless.yml")


def places(checked: Checked) -> list[str]:
    return [str(problem.place).removeprefix("serverless.yml:") for problem in checked.problems]


def test_a_good_template_has_none_and_is_read_as_ever() -> None:
    assert check_template(SAMPLE) == Checked(load_template(SAMPLE), ())


def test_each_problem_is_named_once_at_its_place_in_order(tmp_path: Path) -> None:
    assert places(check(tmp_path, BAD)) == [
        "2: layers",
        "5: provider.runtime",
        "6: provider.region",
        "7: provider.odd",
        "10: functions.one.handler",
        "13: functions.one.events[1].s3",
        "14: functions.one.events[2].kafka",
        "15: functions.one.events[3].websocket",
        "16: functions.one.events[4].httpApi",
        "19: functions.two.timeout",
        "20: functions.two.events[0].httpApi",
        "21: functions.three.handler",
        "24: Resources.Bucket.Type",
        "25: Resources.Stream.Type",
    ]


def test_the_first_of_them_is_what_a_start_is_refused_for(tmp_path: Path) -> None:
    found = {str(problem) for problem in check(tmp_path, BAD).problems}
    with pytest.raises(TemplateError) as error:
        load_template(tmp_path / "serverless.yml")
    assert str(error.value) in found


def test_what_is_left_is_read(tmp_path: Path) -> None:
    template = check(tmp_path, BAD).template
    assert template is not None
    assert set(template.functions) == {"one", "two", "three"}
    assert list(template.websocket_routes) == ["$connect"]


def test_every_variable_that_cannot_be_resolved_is_named(tmp_path: Path) -> None:
    text = (
        "service: s\nprovider:\n  environment:\n    A: ${param:a}\n    B: ${ssm:b}\n    C: fine\n"
    )
    assert places(check(tmp_path, text)) == [
        "4: provider.environment.A",
        "5: provider.environment.B",
    ]


def test_one_that_others_refer_to_is_named_where_they_stand(tmp_path: Path) -> None:
    text = "service: s\ncustom: { x: '${param:a}' }\nprovider: { region: '${self:custom.x}' }\n"
    assert places(check(tmp_path, text)) == ["3: provider.region"]


def test_a_service_without_a_name_is_looked_at_all_the_same(tmp_path: Path) -> None:
    found = places(check(tmp_path, "provider: { odd: 1 }\n"))
    assert sorted(found) == ["1: provider.odd", "1: service"]


@pytest.mark.parametrize("text", ["[", "- a", "a: 1\na: 2"])
def test_what_is_no_template_is_one_problem(tmp_path: Path, text: str) -> None:
    checked = check(tmp_path, text)
    assert checked.template is None
    assert len(checked.problems) == 1


def test_neither_is_a_file_that_is_missing(tmp_path: Path) -> None:
    (error,) = check_template(tmp_path / "absent.yml").problems
    assert str(error) == f"no such file: {tmp_path / 'absent.yml'}"


ODD_LINES = st.lists(
    st.sampled_from(
        [
            "odd: 1",
            "timeout: 9999",
            "handler: nodot",
            "runtime: nodejs",
            "layers: [x]",
            "events: {}",
        ]
    ),
    unique_by=lambda line: line.partition(":")[0],
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(ODD_LINES)
def test_a_function_with_whatever_is_wrong_does_not_hide_its_neighbour(
    tmp_path: Path, lines: list[str]
) -> None:
    wrong = "".join(f"    {line}\n" for line in lines)
    text = (
        f"service: s\nfunctions:\n  bad:\n{wrong or '    {}'}\n  good: {{ handler: a.b, odd: 1 }}\n"
    )
    found = [str(problem.place) for problem in check(tmp_path, text).problems]
    assert any(place.endswith("functions.good.odd") for place in found)
    assert all(any(f"bad.{line.partition(':')[0]}" in place for place in found) for line in lines)
