"""Schedules as the template spells them."""

import json
from pathlib import Path

import pytest

from local_server.clock import Milliseconds
from local_server.errors import TemplateError
from local_server.template import Asynchronous, ScheduleSource, load_template

TEMPLATE = """\
service: s
functions:
  clean-up_old:
    handler: h.f
    events:
"""


def schedules(tmp_path: Path, events: str, more: str = "") -> list[ScheduleSource]:
    file = tmp_path / "serverless.yml"
    lines = "".join(f"      - schedule: {event}\n" for event in events.splitlines())
    file.write_text(f"{TEMPLATE}{lines}{more}")
    found = load_template(file).sources
    assert all(isinstance(source, ScheduleSource) for source in found)
    return [source for source in found if isinstance(source, ScheduleSource)]


@pytest.mark.parametrize("event", ["rate(5 minutes)", "{rate: rate(5 minutes)}"])
def test_a_schedule_may_be_its_rate_alone(tmp_path: Path, event: str) -> None:
    (source,) = schedules(tmp_path, event)
    assert source.key == "schedule rate(5 minutes)"
    assert source.schedule.next_after(Milliseconds(0)) == 300_000
    assert (source.name, source.input, source.by_scheduler) == (None, None, False)
    assert source.asynchronous == Asynchronous(retries=2, max_age_s=21_600)


def test_a_schedule_has_the_settings_of_its_event(tmp_path: Path) -> None:
    (source,) = schedules(
        tmp_path,
        "{rate: 'cron(0 12 * * ? *)', name: noon, description: at noon, input: {a: [1]},"
        " method: scheduler, timezone: Europe/Paris}",
    )
    assert (source.name, source.by_scheduler) == ("noon", True)
    assert json.loads(source.input or "") == {"a": [1]}
    assert source.schedule.next_after(Milliseconds(0)) == 11 * 3_600_000


def test_every_expression_is_a_schedule_of_its_own(tmp_path: Path) -> None:
    found = schedules(
        tmp_path,
        "{rate: [rate(1 hour), 'cron(0 2 ? * SAT-SUN *)'], input: '[1]'}\n"
        "{rate: rate(1 day), enabled: false}\n"
        "{rate: rate(2 days), method: scheduler}",
    )
    assert [(source.expression, source.logical_id) for source in found] == [
        ("rate(1 hour)", "CleanDashupUnderscoreoldEventsRuleSchedule1"),
        ("cron(0 2 ? * SAT-SUN *)", "CleanDashupUnderscoreoldEventsRuleSchedule2"),
        ("rate(2 days)", "CleanDashupUnderscoreoldSchedulerSchedule4"),
    ]
    assert [source.input for source in found] == ["[1]", "[1]", None]


def test_a_body_of_json_text_is_unpacked_as_the_framework_does(tmp_path: Path) -> None:
    (source,) = schedules(tmp_path, """{rate: rate(1 day), input: {body: '{"a": 1}'}}""")
    assert json.loads(source.input or "") == {"body": {"a": 1}}


def test_a_function_says_how_often_it_is_tried_again(tmp_path: Path) -> None:
    more = "    maximumRetryAttempts: 0\n    maximumEventAge: 60\n"
    (source,) = schedules(tmp_path, "rate(1 day)", more)
    assert source.asynchronous == Asynchronous(retries=0, max_age_s=60)


@pytest.mark.parametrize(
    ("event", "place", "reason"),
    [
        ("rate(1 minutes)", "schedule.rate", "AWS takes 1 minute and 2 minutes"),
        ("cron(0 12 * * * *)", "schedule.rate", "one of day-of-month and day-of-week is ?"),
        ("at(2026-01-01T00:00:00)", "schedule.rate", "is expected"),
        ("5", "schedule", "text is expected"),
        ("{rate: []}", "schedule.rate", "at least one"),
        ("{rate: [!Ref Rate]}", "schedule.rate", "a list of texts"),
        ("{rate: [rate(1 day), rate(2 hour)]}", "schedule.rate", "1 hour and 2 hours"),
        ("{enabled: true}", "schedule.rate", "rate is missing"),
        ("{rate: [rate(1 day), rate(2 days)], name: x}", "schedule.name", "cannot have one name"),
        ("{rate: rate(1 day), name: a b}", "schedule.name", "letters"),
        ("{rate: rate(1 day), inputPath: $.time}", "schedule.inputPath", "not emulated"),
        ("{rate: rate(1 day), inputTransformer: {}}", "schedule.inputTransformer", "not emulated"),
        ("{rate: rate(1 day), input: plain}", "schedule.input", "JSON alone"),
        ("{rate: rate(1 day), input: {body: plain}}", "schedule.input", "JSON alone"),
        ("{rate: rate(1 day), input: [1]}", "schedule.input", "a mapping or JSON text"),
        ("{rate: rate(1 day), method: cron}", "schedule.method", "scheduler or eventBus"),
        ("{rate: rate(1 day), timezone: Europe/Paris}", "schedule.timezone", "only the method"),
        ("{rate: rate(1 day), method: scheduler, timezone: Mars/X}", "timezone", "knows no"),
        ("{rate: rate(1 day), colour: red}", "schedule.colour", "does not emulate"),
    ],
)  # fmt: skip
def test_what_aws_would_not_take_is_refused(
    tmp_path: Path, event: str, place: str, reason: str
) -> None:
    with pytest.raises(TemplateError) as refusal:
        schedules(tmp_path, event)
    message = str(refusal.value)
    assert message.startswith("serverless.yml:6: functions.clean-up_old.events[0]")
    assert place in message
    assert reason in message


@pytest.mark.parametrize("setting", ["maximumRetryAttempts: 3", "maximumEventAge: 59"])
def test_a_function_is_not_tried_more_often_than_lambda_does(tmp_path: Path, setting: str) -> None:
    with pytest.raises(TemplateError, match="AWS takes"):
        schedules(tmp_path, "rate(1 day)", f"    {setting}\n")
