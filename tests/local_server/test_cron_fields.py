"""The fields of a cron expression: what each sign stands for, and what is none."""

import pytest

from local_server.cron_fields import (
    HOURS,
    MONTH,
    YEAR,
    MalformedSchedule,
    days_of_month,
    days_of_week,
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("5", [5]),
        ("05", [5]),
        ("1,3,3", [1, 3]),
        ("22-2", [0, 1, 2, 22, 23]),
        ("22-2/2", [0, 2, 22]),
        ("20/2", [20, 22]),
        ("*/12,7", [0, 7, 12]),
        ("0/60", [0]),
    ],
)
def test_a_field_stands_for_numbers(text: str, values: list[int]) -> None:
    assert list(HOURS.values(text)) == values


def test_names_stand_for_their_numbers() -> None:
    assert list(MONTH.values("NOV-FEB")) == [1, 2, 11, 12]


@pytest.mark.parametrize(
    "text", ["", ",", "1,", "-", "1-", "-1", "1-2-3", "/5", "*/", "*/0", "1/-1", "*-3", "A", "²"]
)
def test_what_is_no_field_is_refused(text: str) -> None:
    with pytest.raises(MalformedSchedule):
        HOURS.values(text)


def test_years_do_not_run_backwards() -> None:
    with pytest.raises(MalformedSchedule, match="backwards"):
        YEAR.values("2030-2020")


@pytest.mark.parametrize(
    "text", ["L,1", "1,L", "32W", "0W", "1W,15", "W", "L-31", "L-0", "LL", "WL", "?", "MON"]
)
def test_what_is_no_day_of_month_is_refused(text: str) -> None:
    with pytest.raises(MalformedSchedule):
        days_of_month(text)


@pytest.mark.parametrize("text", ["3#1,6#3", "3#6", "3#0", "8#1", "#1", "8L", "L-1", "6L,2", "1W"])
def test_what_is_no_day_of_week_is_refused(text: str) -> None:
    with pytest.raises(MalformedSchedule):
        days_of_week(text)


def test_a_day_that_a_month_lacks_is_left_out() -> None:
    assert list(days_of_month("29-31")(2026, 2)) == []
    assert list(days_of_month("31W")(2026, 4)) == []
    assert list(days_of_month("L-30")(2026, 4)) == []
    assert list(days_of_week("MON#5")(2026, 4)) == []


def test_the_nearest_working_day_is_in_the_same_month() -> None:
    assert list(days_of_month("1W")(2026, 8)) == [3]  # a Saturday
    assert list(days_of_month("31W")(2026, 5)) == [29]  # a Sunday
