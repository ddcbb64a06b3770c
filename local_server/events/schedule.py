"""The events of schedules: EventBridge's own, EventBridge Scheduler's, or the template's input."""

import json
from datetime import UTC, datetime

from local_server.clock import Milliseconds
from local_server.events import Event
from local_server.template import ACCOUNT


def rule_event(arn: str, region: str, due: Milliseconds, event_id: str) -> Event:
    """docs.aws.amazon.com/eventbridge/latest/userguide/event-reference.html"""
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": _time(due),
        "region": region,
        "resources": [arn],
        "detail": {},
    }


def scheduler_event(arn: str, region: str, due: Milliseconds, event_id: str) -> Event:
    """Recorded ones differ in their source, and their `detail` is text."""
    event = rule_event(arn, region, due, event_id)
    return {**event, "source": "aws.scheduler", "detail": "{}"}


def scheduler_input(text: str, arn: str, due: Milliseconds, execution_id: str) -> Event:
    """The input with the words that Scheduler replaces.

    docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """
    words = {
        "schedule-arn": arn,
        "scheduled-time": _time(due),
        "execution-id": execution_id,
        # Of handing the event to Lambda, which takes it at once; Lambda's own retries do not count.
        "attempt-number": "1",
    }
    for word, value in words.items():
        text = text.replace(f"<aws.scheduler.{word}>", value)
    event: Event = json.loads(text)
    return event


def _time(moment: Milliseconds) -> str:
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
