"""When rates and crons are due: against examples, and against looking at every minute."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_server.clock import Milliseconds
from local_server.cron import MalformedSchedule, parse_schedule

MINUTE_MS = 60_000
PROPERTY = settings(derandomize=True, deadline=None)
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def ms(moment: datetime) -> Milliseconds:
    return Milliseconds(int(moment.timestamp()) * 1000)


def following(expression: str, after: datetime, count: int, zone: tzinfo = UTC) -> list[str]:
    schedule = parse_schedule(expression, zone)
    found: list[str] = []
    moment = ms(after)
    while len(found) < count and (due := schedule.next_after(moment)) is not None:
        found.append(datetime.fromtimestamp(due // 1000, zone).strftime("%Y-%m-%d %H:%M"))
        moment = due
    return found


# Rates


@pytest.mark.parametrize(
    ("rate", "interval"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(5 minutes)", timedelta(minutes=5)),
        ("rate(1 hour)", timedelta(hours=1)),
        ("rate(12 hours)", timedelta(hours=12)),
        ("rate(1 day)", timedelta(days=1)),
        ("rate(10 days)", timedelta(days=10)),
    ],
)
def test_a_rate_is_due_one_interval_later(rate: str, interval: timedelta) -> None:
    assert parse_schedule(rate).next_after(ms(START)) == ms(START + interval)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rate(1 minutes)", "1 minute and 2 minutes"),
        ("rate(5 minute)", "1 minute and 2 minutes"),
        ("rate(2 day)", "1 day and 2 days"),
        ("rate(0 minutes)", "a number"),
        ("rate(05 minutes)", "a number"),
        ("rate(-1 minutes)", "a number"),
        ("rate(1.5 hours)", "a number"),
        ("rate(5  minutes)", "a number"),
        ("rate(30 seconds)", "minutes, hours or days"),
        ("rate()", "a number"),
        ("at(2026-01-01T00:00:00)", "is expected"),
        ("0 12 * * ? *", "is expected"),
        ("cron(0 12 * * ? *", "is expected"),
        ("", "is expected"),
    ],
)
def test_what_is_no_schedule_is_refused(text: str, reason: str) -> None:
    with pytest.raises(MalformedSchedule, match=reason):
        parse_schedule(text)


# Crons of AWS's guide


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 10 * * ? *)", ["2026-03-02 10:00", "2026-03-03 10:00"]),
        ("cron(15 12 * * ? *)", ["2026-03-01 12:15", "2026-03-02 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-03-02 18:00", "2026-03-03 18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-04-01 08:00", "2026-05-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-03-01 12:15", "2026-03-01 12:30"]),
        ("cron(0/10 * ? * MON-FRI *)", ["2026-03-02 00:00", "2026-03-02 00:10"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", ["2026-03-02 08:00", "2026-03-02 08:05"]),
        ("cron(0/30 20-2 ? * MON-FRI *)", ["2026-03-02 00:00", "2026-03-02 00:30"]),
        ("cron(0 2 ? * SAT-SUN *)", ["2026-03-07 02:00", "2026-03-08 02:00"]),
        ("cron(15 10 ? * 6L 2019-2027)", ["2026-03-27 10:15", "2026-04-24 10:15"]),
        ("cron(0 9 ? * 2#1 *)", ["2026-03-02 09:00", "2026-04-06 09:00"]),
        ("cron(0 12 L * ? *)", ["2026-03-31 12:00", "2026-04-30 12:00"]),
        ("cron(0 12 L-3 FEB ? *)", ["2027-02-25 12:00", "2028-02-26 12:00"]),
        ("cron(0 12 3W * ? *)", ["2026-03-03 12:00", "2026-04-03 12:00", "2026-05-04 12:00"]),
        ("cron(0 21 LW * ? *)", ["2026-03-31 21:00", "2026-04-30 21:00", "2026-05-29 21:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(0 0 ? jan mOn 2027)", ["2027-01-04 00:00", "2027-01-11 00:00"]),
        ("cron(59 23 31 12 ? 2199)", ["2199-12-31 23:59"]),
    ],
)
def test_a_cron_is_due_when_its_fields_say(expression: str, expected: list[str]) -> None:
    assert following(expression, START, len(expected)) == expected


def test_the_minute_that_has_begun_does_not_count() -> None:
    schedule = parse_schedule("cron(* * * * ? *)")
    begun = ms(START)
    assert schedule.next_after(begun) == begun + MINUTE_MS
    assert schedule.next_after(Milliseconds(begun + 1)) == begun + MINUTE_MS
    assert schedule.next_after(Milliseconds(begun - 1)) == begun


@pytest.mark.parametrize("never", ["cron(0 0 30 2 ? *)", "cron(0 0 1 1 ? 2020)"])
def test_a_cron_may_never_be_due(never: str) -> None:
    assert parse_schedule(never).next_after(ms(START)) is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("0 12 * * ?", "six fields.*not 5"),
        ("0 0 12 * * ? *", "six fields.*not 7"),
        ("0 12 * * * *", r"one of day-of-month and day-of-week is \?"),
        ("0 12 ? * ? *", r"one of day-of-month and day-of-week is \?"),
        ("60 12 * * ? *", "minutes is 0 to 59, not 60"),
        ("0 24 * * ? *", "hours is 0 to 23, not 24"),
        ("0 12 32 * ? *", "day-of-month is 1 to 31, not 32"),
        ("0 12 * 13 ? *", "month is 1 to 12 or JAN to DEC, not 13"),
        ("0 12 ? * 0 *", "day-of-week is 1 to 7 or SUN to SAT, not 0"),
        ("0 12 * * ? 1969", "year is 1970 to 2199, not 1969"),
        ("? 12 * * ? *", "minutes"),
    ],
)
def test_what_is_no_cron_is_refused(fields: str, reason: str) -> None:
    with pytest.raises(MalformedSchedule, match=reason):
        parse_schedule(f"cron({fields})")


# Time zones


def test_what_the_clocks_skip_never_comes() -> None:
    paris = ZoneInfo("Europe/Paris")
    found = following("cron(30 2 * * ? *)", datetime(2026, 3, 27, 12, tzinfo=UTC), 3, paris)
    assert found == ["2026-03-28 02:30", "2026-03-30 02:30", "2026-03-31 02:30"]


def test_what_the_clocks_repeat_comes_once() -> None:
    paris = ZoneInfo("Europe/Paris")
    found = following("cron(30 2 * * ? *)", datetime(2026, 10, 24, 12, tzinfo=UTC), 2, paris)
    assert found == ["2026-10-25 02:30", "2026-10-26 02:30"]


# Against every minute

Matches = Callable[[int], bool]


@st.composite
def fields(draw: st.DrawFn, first: int, last: int) -> tuple[str, Matches]:
    """One field as text, and which values it stands for, said in another way."""
    low = draw(st.integers(first, last))
    high = draw(st.integers(first, last))
    step = draw(st.integers(1, last))
    length = last - first + 1
    choices: list[tuple[str, Matches]] = [
        ("*", lambda value: True),
        (f"{low}", lambda value: value == low),
        (f"{low},{high}", lambda value: value in (low, high)),
        (f"{low}-{high}", lambda value: (value - low) % length <= (high - low) % length),
        (f"*/{step}", lambda value: (value - first) % step == 0),
        (f"{low}/{step}", lambda value: value >= low and (value - low) % step == 0),
        (
            f"{low}-{high}/{step}",
            lambda value: (
                (value - low) % length <= (high - low) % length
                and (value - low) % length % step == 0
            ),
        ),
    ]
    return draw(st.sampled_from(choices))


@PROPERTY
@given(
    minutes=fields(0, 59),
    hours=fields(0, 23),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
)
def test_minutes_and_hours_are_those_that_every_minute_shows(
    minutes: tuple[str, Matches], hours: tuple[str, Matches], start: datetime
) -> None:
    start = start.replace(tzinfo=UTC)
    schedule = parse_schedule(f"cron({minutes[0]} {hours[0]} * * ? *)")
    later = (start.replace(second=0, microsecond=0) + timedelta(minutes=n) for n in range(1, 1442))
    expected = next(
        moment for moment in later if minutes[1](moment.minute) and hours[1](moment.hour)
    )
    assert schedule.next_after(ms(start)) == ms(expected)


Days = Callable[[datetime], bool]


def sunday_first(day: datetime) -> int:
    return day.isoweekday() % 7 + 1


def length(day: datetime) -> int:
    after = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return (after - timedelta(days=1)).day


def nearest(day: datetime, wanted: int) -> bool:
    """Of the working days of this month, by their distance alone."""
    if wanted > length(day):
        return False
    month = (day.replace(day=number) for number in range(1, length(day) + 1))
    working = [one.day for one in month if one.isoweekday() <= 5]
    return day.day == min(working, key=lambda number: abs(number - wanted))


@st.composite
def days(draw: st.DrawFn) -> tuple[str, str, Days]:
    """Day-of-month and day-of-week as text, and which days they stand for."""
    of_month = draw(fields(1, 31))
    of_week = draw(fields(1, 7))
    number, weekday = draw(st.integers(1, 31)), draw(st.integers(1, 7))
    turn, before = draw(st.integers(1, 5)), draw(st.integers(1, 30))
    choices: list[tuple[str, str, Days]] = [
        (of_month[0], "?", lambda day: of_month[1](day.day)),
        ("L", "?", lambda day: day.day == length(day)),
        (f"L-{before}", "?", lambda day: day.day == length(day) - before),
        (f"{number}W", "?", lambda day: nearest(day, number)),
        ("LW", "?", lambda day: nearest(day, length(day))),
        ("?", of_week[0], lambda day: of_week[1](sunday_first(day))),
        ("?", "L", lambda day: sunday_first(day) == 7),
        (
            "?",
            f"{weekday}L",
            lambda day: sunday_first(day) == weekday and day.day > length(day) - 7,
        ),
        (
            "?",
            f"{weekday}#{turn}",
            lambda day: sunday_first(day) == weekday and (day.day - 1) // 7 == turn - 1,
        ),
    ]
    return draw(st.sampled_from(choices))


@PROPERTY
@given(
    days=days(),
    months=fields(1, 12),
    start=st.datetimes(datetime(2023, 1, 1), datetime(2027, 1, 1)),
)
def test_days_are_those_that_every_day_shows(
    days: tuple[str, str, Days], months: tuple[str, Matches], start: datetime
) -> None:
    start = start.replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=UTC)
    schedule = parse_schedule(f"cron(0 0 {days[0]} {months[0]} {days[1]} *)")
    end = start + timedelta(days=400)
    due, moment = [], ms(start)
    while (found := schedule.next_after(moment)) is not None and found <= ms(end):
        due.append(found)
        moment = found
    midnights = (start.replace(hour=0) + timedelta(days=n) for n in range(1, 401))
    assert due == [ms(day) for day in midnights if days[2](day) and months[1](day.month)]


@PROPERTY
@given(
    minutes=fields(0, 59),
    hours=fields(0, 23),
    zone=st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    start=st.sampled_from([datetime(2026, month, 1) for month in (3, 4, 10, 11)]),
    day=st.integers(0, 30),
)
def test_a_zone_has_the_hours_that_its_clocks_show_for_the_first_time(
    minutes: tuple[str, Matches], hours: tuple[str, Matches], zone: str, start: datetime, day: int
) -> None:
    here = ZoneInfo(zone)
    begin = start.replace(tzinfo=UTC) + timedelta(days=day)
    schedule = parse_schedule(f"cron({minutes[0]} {hours[0]} * * ? *)", here)
    due, moment = [], Milliseconds(ms(begin) - 1)
    end = ms(begin + timedelta(days=1))
    while (found := schedule.next_after(moment)) is not None and found < end:
        due.append(found)
        moment = found
    shown = ((begin + timedelta(minutes=n)).astimezone(here) for n in range(24 * 60))
    assert due == [
        ms(one) for one in shown if not one.fold and minutes[1](one.minute) and hours[1](one.hour)
    ]
