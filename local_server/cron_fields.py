"""The fields of a cron expression: the numbers and the days they stand for."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

Days = Callable[[int, int], Iterable[int]]  # of a year and a month, in their order

_SATURDAY, _SUNDAY = 5, 6


class MalformedSchedule(Exception):
    """Not an expression that AWS takes; the text says why."""


@dataclass(frozen=True)
class Field:
    """`names` stand for the numbers from `first` on."""

    title: str
    first: int
    last: int
    names: tuple[str, ...] = ()
    wraps: bool = True

    def values(self, text: str) -> tuple[int, ...]:
        parts = text.split(",")
        return tuple(sorted({value for part in parts for value in self._part(part)}))

    def number(self, text: str) -> int:
        if text in self.names:
            return self.first + self.names.index(text)
        if not re.fullmatch("[0-9]{1,4}", text) or not self.first <= int(text) <= self.last:
            named = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
            raise MalformedSchedule(
                f"{self.title} is {self.first} to {self.last}{named}, not {text or 'nothing'}"
            )
        return int(text)

    def _part(self, text: str) -> list[int]:
        span, slash, step = text.partition("/")
        if not slash:
            return self._span(span, self.number)
        if not re.fullmatch("0*[1-9][0-9]*", step):
            raise MalformedSchedule(f"{self.title}: a step is a number from 1, not {text}")
        return self._span(span, lambda _: self.last)[:: int(step)]

    def _span(self, text: str, end_of: Callable[[str], int]) -> list[int]:
        if text == "*":
            return list(range(self.first, self.last + 1))
        start, dash, end = text.partition("-")
        first = self.number(start)
        last = self.number(end) if dash else end_of(start)
        if first <= last:
            return list(range(first, last + 1))
        if not self.wraps:
            raise MalformedSchedule(f"{self.title}: {text} runs backwards")
        return [*range(first, self.last + 1), *range(self.first, last + 1)]


MINUTES = Field("minutes", 0, 59)
HOURS = Field("hours", 0, 23)
_DAY_OF_MONTH = Field("day-of-month", 1, 31)
MONTH = Field(
    "month", 1, 12,
    ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)  # fmt: skip
_DAY_OF_WEEK = Field("day-of-week", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
YEAR = Field("year", 1970, 2199, wraps=False)


def days_of_month(text: str) -> Days:
    if text == "LW":
        return lambda year, month: [_nearest_weekday(year, month, _length(year, month))]
    if match := re.fullmatch("L(?:-([1-9]|[12][0-9]|30))?", text):
        before = int(match[1] or 0)
        return lambda year, month: [day] if (day := _length(year, month) - before) > 0 else []
    if match := re.fullmatch("([0-9]+)W", text):
        wanted = _DAY_OF_MONTH.number(match[1])
        return lambda year, month: (
            [_nearest_weekday(year, month, wanted)] if wanted <= _length(year, month) else []
        )
    days = _DAY_OF_MONTH.values(text)
    return lambda year, month: [day for day in days if day <= _length(year, month)]


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """Monday to Friday, and never in another month."""
    weekday = date(year, month, day).weekday()
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < _length(year, month) else day - 2
    return day


def days_of_week(text: str) -> Days:
    if text == "L":
        text = "SAT"
    if match := re.fullmatch("([A-Z0-9]+)L", text):
        last = _DAY_OF_WEEK.number(match[1])
        return lambda year, month: _all_of(year, month, last)[-1:]
    if match := re.fullmatch("([A-Z0-9]+)#([1-5])", text):
        wanted, turn = _DAY_OF_WEEK.number(match[1]), int(match[2])
        return lambda year, month: _all_of(year, month, wanted)[turn - 1 : turn]
    wanted_days = _DAY_OF_WEEK.values(text)
    return lambda year, month: sorted(
        day for wanted in wanted_days for day in _all_of(year, month, wanted)
    )


def _all_of(year: int, month: int, day_of_week: int) -> list[int]:
    """The days of a month that are this day of the week; 1 is a Sunday."""
    first = (day_of_week + 5 - date(year, month, 1).weekday()) % 7 + 1
    return list(range(first, _length(year, month) + 1, 7))


def _length(year: int, month: int) -> int:
    return monthrange(year, month)[1]
