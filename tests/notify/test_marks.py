from hypothesis import given
from hypothesis import strategies as st

from notify.marks import KEPT_STEPS, Mark, State, Step, Watermarks
from notify.model import Pattern
from tests.fakes import NOW

GENERAL = Pattern("general")
OWN = Pattern("user:alice")


def raised(*seqs: int, state: State = State.READ, now: int = NOW) -> Watermarks:
    watermarks = Watermarks()
    for seq in seqs:
        watermarks = watermarks.raised(state, {GENERAL: seq}, now)
    return watermarks


def since(watermarks: Watermarks, seq: int) -> list[int]:
    return list(watermarks.since(State.READ, GENERAL, seq))


def test_a_watermark_covers_what_is_at_or_below_it_in_its_stream_and_state() -> None:
    watermarks = raised(5)
    assert since(watermarks, 5) == since(watermarks, 1) == [NOW]
    assert since(watermarks, 6) == []
    assert list(watermarks.since(State.READ, OWN, 1)) == []
    assert list(watermarks.since(State.SEEN, GENERAL, 1)) == []
    assert (watermarks.top(State.READ, GENERAL), watermarks.top(State.READ, OWN)) == (5, 0)


def test_a_generation_is_the_time_but_later_than_any_before() -> None:
    assert raised(1).generation == NOW
    assert raised(1, 2, 3).generation == NOW + 2
    assert raised(1).raised(State.SEEN, {OWN: 1}, NOW - 5000).generation == NOW + 1
    assert raised(1).raised(State.SEEN, {OWN: 1}, NOW + 5000).generation == NOW + 5000


def test_a_lower_watermark_leaves_the_higher_in_place() -> None:
    watermarks = raised(9, 3)
    assert watermarks.top(State.READ, GENERAL) == 9
    assert (since(watermarks, 3), since(watermarks, 4)) == ([NOW, NOW + 1], [NOW])


def test_what_was_covered_first_keeps_its_time() -> None:
    watermarks = raised(3, 9)
    assert min(since(watermarks, 2)) == NOW
    assert min(since(watermarks, 8)) == NOW + 1


def test_overtaken_steps_are_kept_within_bounds() -> None:
    watermarks = raised(*range(1, 30))
    steps = watermarks.steps[State.READ][GENERAL]
    assert len(steps) == KEPT_STEPS + 1
    assert steps[-1] == Step(29, NOW + 28)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=40))
def test_the_last_that_covers_a_number_is_never_forgotten(seqs: list[int]) -> None:
    watermarks = raised(*seqs)
    for number in range(1, 21):
        covering = [NOW + n for n, seq in enumerate(seqs) if seq >= number]
        assert max(since(watermarks, number), default=None) == max(covering, default=None)


def test_only_who_marked_it_unread_has_marked_it_unread() -> None:
    assert Mark(generation=0).is_unread
    assert not Mark().is_unread
    assert not Mark(NOW).is_unread
    assert not Mark(NOW, NOW, generation=0).is_unread
