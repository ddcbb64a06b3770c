import pytest

from benchmarks import results
from benchmarks.goals import CPU_US, GOALS, OF_A_CORE, TIMES_LESS, Bound, Goal, Outcome, outcomes
from benchmarks.measure import Figure

POST = Figure("a post", "ours", "boto3", "CPU µs", 50, 800, 5)


def goal(bound: Bound, limit: float) -> Goal:
    return Goal("a post", bound, limit, CPU_US, ("a post", "CPU µs"))


@pytest.mark.parametrize(
    ("bound", "limit", "value", "missed_by"),
    [
        (Bound.MOST, 60, 60, 0),
        (Bound.MOST, 60, 72, 0.2),
        (Bound.LEAST, 100, 100, 0),
        (Bound.LEAST, 100, 80, 0.2),
        (Bound.LEAST, 100, 900, 0),
        (Bound.MOST, 60, None, 0),
    ],
)
def test_a_goal_is_missed_by_what_lies_beyond_its_limit(
    bound: Bound, limit: float, value: float | None, missed_by: float
) -> None:
    assert Outcome(goal(bound, limit), value).missed_by == pytest.approx(missed_by)


def test_readings_are_of_a_second_of_a_core_and_of_the_ratio() -> None:
    assert OF_A_CORE.of(POST) == 20_000
    assert TIMES_LESS.of(POST) == 16


def test_a_goal_beside_a_baseline_is_about_no_other() -> None:
    beside = Goal("than awscrt", Bound.LEAST, 2, TIMES_LESS, ("a post", "CPU µs"), "awscrt")
    assert not beside.is_about(POST)
    assert goal(Bound.MOST, 60).is_about(POST)


def test_what_was_not_measured_has_no_value() -> None:
    assert {each.value for each in outcomes([])} == {None}


def test_every_goal_is_about_a_figure_that_is_measured() -> None:
    found = results.read()
    unknown = {each.goal.title for each in outcomes(found.figures) if each.value is None}
    optional = {each.title for each in GOALS if "dynoxide" in each.title}
    assert unknown <= (optional if "dynoxide" in found.left_out else set())
