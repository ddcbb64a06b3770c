"""The events of schedules."""

from datetime import UTC, datetime

from local_server.clock import Milliseconds
from local_server.events.schedule import rule_event, scheduler_event, scheduler_input

RULE = "arn:aws:events:eu-west-3:000000000000:rule/nightly"
SCHEDULE = "arn:aws:scheduler:eu-west-3:000000000000:schedule/default/nightly"
ID = "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa"
DUE = Milliseconds(int(datetime(2026, 10, 8, 16, 53, 6, tzinfo=UTC).timestamp()) * 1000 + 999)


def test_a_rule_sends_the_documented_event() -> None:
    assert rule_event(RULE, "eu-west-3", DUE, ID) == {
        "version": "0",
        "id": ID,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-10-08T16:53:06Z",
        "region": "eu-west-3",
        "resources": [RULE],
        "detail": {},
    }


def test_scheduler_names_itself_and_sends_its_detail_as_text() -> None:
    event = scheduler_event(SCHEDULE, "eu-west-3", DUE, ID)
    assert event == {
        **rule_event(SCHEDULE, "eu-west-3", DUE, ID),
        "source": "aws.scheduler",
        "detail": "{}",
    }


def test_scheduler_fills_in_its_words() -> None:
    text = (
        '{"arn": "<aws.scheduler.schedule-arn>", "at": "<aws.scheduler.scheduled-time>",'
        ' "id": "<aws.scheduler.execution-id>", "n": "<aws.scheduler.attempt-number>",'
        ' "other": "<aws.scheduler.colour>"}'
    )
    assert scheduler_input(text, SCHEDULE, DUE, ID) == {
        "arn": SCHEDULE,
        "at": "2026-10-08T16:53:06Z",
        "id": ID,
        "n": "1",
        "other": "<aws.scheduler.colour>",
    }
