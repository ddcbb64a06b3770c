"""Schedules: `schedule: rate(5 minutes)`, or a mapping that says more."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from local_server.cron import MalformedSchedule, Schedule, parse_schedule
from local_server.template.document import Block
from local_server.template.fields import Fields
from local_server.template.ids import FunctionName, LogicalId
from local_server.template.numbers import whole_number
from local_server.template.sources import Asynchronous, ScheduleSource

_KEYS = ("description", "enabled", "input", "method", "name", "rate", "timezone")
_HINTS = {
    key: f"{key} is not emulated: write the event itself under input"
    for key in ("inputPath", "inputTransformer")
}
_SCHEDULER, _EVENT_BUS = "scheduler", "eventBus"


@dataclass
class Schedules:
    """Reads the schedules of all functions; each function numbers its own."""

    _numbers: Counter[FunctionName] = field(default_factory=Counter)

    def read(self, function: FunctionName, event: Fields, parent: Fields) -> list[ScheduleSource]:
        """`parent` is the function. Empty where it is switched off. Raises TemplateError."""
        fields = _mapping(event)
        fields.only(_KEYS, _HINTS)
        sources = [
            ScheduleSource(
                function=function,
                expression=expression,
                schedule=_schedule(fields, expression),
                logical_id=self._logical_id(function, by_scheduler=_by_scheduler(fields)),
                name=_name(fields),
                by_scheduler=_by_scheduler(fields),
                input=_input(fields),
                asynchronous=_asynchronous(parent),
            )
            for expression in _expressions(fields)
        ]
        return sources if fields.flag("enabled", True) else []

    def _logical_id(self, function: FunctionName, *, by_scheduler: bool) -> LogicalId:
        """packages/serverless/lib/plugins/aws/lib/naming.js"""
        self._numbers[function] += 1
        kind = "SchedulerSchedule" if by_scheduler else "EventsRuleSchedule"
        name = function.replace("-", "Dash").replace("_", "Underscore")
        return LogicalId(f"{name[:1].upper()}{name[1:]}{kind}{self._numbers[function]}")


def _mapping(event: Fields) -> Fields:
    """`schedule: <rate>` is short for `schedule: {rate: <rate>}`."""
    if isinstance(event.raw("schedule"), Block):
        return event.block("schedule")
    place = event.place("schedule")
    lines = {} if place.line is None else {"rate": place.line}
    rate = event.text("schedule")
    return Fields(Block({"rate": rate}, place.file, lines), place.path)


def _expressions(fields: Fields) -> tuple[str, ...]:
    expressions = fields.texts("rate") if "rate" in fields else (fields.text("rate"),)
    if not expressions:
        fields.refuse("rate", "at least one rate(…) or cron(…) is expected")
    if len(expressions) > 1 and "name" in fields:
        fields.refuse("name", "several schedules cannot have one name")
    return expressions


def _schedule(fields: Fields, expression: str) -> Schedule:
    try:
        return parse_schedule(expression, _zone(fields))
    except MalformedSchedule as error:
        fields.refuse("rate", str(error))


def _by_scheduler(fields: Fields) -> bool:
    method = fields.text("method", _EVENT_BUS)
    if method not in (_SCHEDULER, _EVENT_BUS):
        fields.refuse("method", f"{_SCHEDULER} or {_EVENT_BUS} is expected")
    return method == _SCHEDULER


def _zone(fields: Fields) -> tzinfo:
    if "timezone" not in fields:
        return UTC
    if not _by_scheduler(fields):
        fields.refuse("timezone", f"only the method {_SCHEDULER} knows time zones")
    try:
        return ZoneInfo(fields.text("timezone"))
    except (LookupError, ValueError, OSError):
        fields.refuse("timezone", f"this machine knows no time zone {fields.text('timezone')}")


def _name(fields: Fields) -> str | None:
    if "name" not in fields:
        return None
    name = fields.text("name")
    if not re.fullmatch(r"[.\-_A-Za-z0-9]{1,64}", name):
        fields.refuse("name", "AWS takes up to 64 letters, digits, dots, dashes and underscores")
    return name


def _input(fields: Fields) -> str | None:
    value = fields.raw("input")
    if value is None or value == "":
        return None
    if isinstance(value, str):
        _parsed(fields, value)
        return value
    if not isinstance(value, Block):
        fields.refuse("input", "a mapping or JSON text is expected")
    if isinstance(value.get("body"), str):
        # packages/serverless/lib/plugins/aws/package/compile/events/schedule.js
        return json.dumps({**value, "body": _parsed(fields, value["body"])})
    return json.dumps(value)


def _parsed(fields: Fields, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        fields.refuse("input", f"AWS takes JSON alone: {error}")


def _asynchronous(function: Fields) -> Asynchronous:
    standard = Asynchronous()
    return Asynchronous(
        retries=whole_number(function, "maximumRetryAttempts", standard.retries, 0, 2),
        max_age_s=whole_number(function, "maximumEventAge", standard.max_age_s, 60, 21_600),
    )
