"""AWS's schedule expressions, `rate(5 minutes)` and `cron(0 12 * * ? *)`: when they are due next.

docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html. Where it is silent
the rules are Quartz's, whose signs they are: LW, L-3, 6L, SAT-SUN and any case work at AWS as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from itertools import product
from typing import Protocol

from local_server.clock import Milliseconds
from local_server.cron_fields import (
    HOURS,
    MINUTES,
    MONTH,
    YEAR,
    Days,
    MalformedSchedule,
    days_of_month,
    days_of_week,
)

__all__ = ["MalformedSchedule", "Schedule", "parse_schedule"]

_UNITS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


class Schedule(Protocol):
    def next_after(self, moment: Milliseconds) -> Milliseconds | None:
        """When it is due for the first time after `moment`; None if never again."""


def parse_schedule(text: str, zone: tzinfo = UTC) -> Schedule:
    """Raises MalformedSchedule."""
    match = re.fullmatch(r"(rate|cron)\((.*)\)", text)
    if match is None:
        raise MalformedSchedule(f"rate(…) or cron(…) is expected, not {text}")
    return _rate(match[2]) if match[1] == "rate" else _cron(match[2], zone)


@dataclass(frozen=True)
class Rate:
    interval_ms: int

    def next_after(self, moment: Milliseconds) -> Milliseconds:
        return Milliseconds(moment + self.interval_ms)


def _rate(text: str) -> Rate:
    match = re.fullmatch(r"([1-9][0-9]*) (minute|hour|day)(s?)", text)
    if match is None:
        raise MalformedSchedule(f"a rate is a number and minutes, hours or days, not {text}")
    if (match[1] == "1") == bool(match[3]):
        raise MalformedSchedule(f"AWS takes 1 {match[2]} and 2 {match[2]}s, but not {text}")
    return Rate(int(match[1]) * _UNITS_MS[match[2]])


@dataclass(frozen=True)
class Cron:
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Days
    months: tuple[int, ...]
    years: tuple[int, ...]
    zone: tzinfo

    def next_after(self, moment: Milliseconds) -> Milliseconds | None:
        local = datetime.fromtimestamp(moment // 1000, self.zone).replace(tzinfo=None, fold=0)
        for due in self._from(local.replace(second=0)):
            instant = self._instant(due)
            if instant is not None and instant > moment:
                return instant
        return None

    def _from(self, start: datetime) -> Iterator[datetime]:
        for day in self._dates(start.date()):
            first = start.hour if day == start.date() else 0
            hours = (hour for hour in self.hours if hour >= first)
            for hour, minute in product(hours, self.minutes):
                due = datetime.combine(day, time(hour, minute))
                if due >= start:
                    yield due

    def _dates(self, first: date) -> Iterator[date]:
        years = (year for year in self.years if year >= first.year)
        for year, month in product(years, self.months):
            if (year, month) < (first.year, first.month):
                continue
            for day in self.days(year, month):
                if (due := date(year, month, day)) >= first:
                    yield due

    def _instant(self, due: datetime) -> Milliseconds | None:
        """What the clocks skip in spring never comes; what they repeat in autumn comes once.

        docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
        """
        seconds = int(due.replace(tzinfo=self.zone).timestamp())
        there = datetime.fromtimestamp(seconds, self.zone).replace(tzinfo=None, fold=0)
        return Milliseconds(seconds * 1000) if there == due else None


def _cron(text: str, zone: tzinfo) -> Cron:
    fields = text.upper().split()
    if len(fields) != 6:
        raise MalformedSchedule(
            "a cron has six fields, minutes hours day-of-month month day-of-week year, "
            f"not {len(fields)}"
        )
    minutes, hours, day_of_month, month, day_of_week, year = fields
    if (day_of_month == "?") == (day_of_week == "?"):
        raise MalformedSchedule("one of day-of-month and day-of-week is ?, and the other is not")
    return Cron(
        minutes=MINUTES.values(minutes),
        hours=HOURS.values(hours),
        days=days_of_month(day_of_month) if day_of_week == "?" else days_of_week(day_of_week),
        months=MONTH.values(month),
        years=YEAR.values(year),
        zone=zone,
    )
