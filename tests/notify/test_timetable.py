import pytest

from notify.timetable import ScheduledState


@pytest.mark.parametrize("state", [ScheduledState.SCHEDULED, ScheduledState.SENDING])
def test_what_has_not_come_to_an_end_is_open(state: ScheduledState) -> None:
    assert state.is_open


@pytest.mark.parametrize(
    "state", [ScheduledState.SENT, ScheduledState.CANCELLED, ScheduledState.REFUSED]
)
def test_what_has_come_to_an_end_is_not(state: ScheduledState) -> None:
    assert not state.is_open
