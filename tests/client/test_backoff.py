import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.backoff import Backoff


@given(draws=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=200))
def test_every_delay_is_below_a_ceiling_that_doubles_from_one_to_sixty(draws: list[float]) -> None:
    drawn = iter(draws)
    backoff = Backoff(lambda: next(drawn))

    for attempt in range(len(draws)):
        assert 0 <= backoff.next_delay() <= min(60, 2**attempt)


@given(tries=st.integers(0, 20))
def test_reset_starts_from_the_first_ceiling(tries: int) -> None:
    backoff = Backoff(lambda: 1.0)
    for _ in range(tries):
        backoff.next_delay()

    backoff.reset()

    assert backoff.next_delay() == 1


@given(tries=st.integers(0, 20))
def test_the_last_ceiling_can_be_lowered(tries: int) -> None:
    backoff = Backoff(lambda: 1.0, last_ceiling=5)
    for _ in range(tries):
        backoff.next_delay()

    assert backoff.next_delay() == min(5, 2**tries)


@pytest.mark.parametrize("draw", [0.0, 0.5])
def test_the_whole_range_is_drawn_from(draw: float) -> None:
    assert Backoff(lambda: draw).next_delay() == draw
