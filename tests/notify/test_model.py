import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify.model import (
    MAX_AGE_MS,
    ROW_GRACE_MS,
    Connection,
    ConnectionId,
    EndedLogin,
    Principal,
    Username,
    timestamp,
)
from tests.fakes import NOW

ALICE = Principal(Username("alice"), frozenset({"member"}), None, NOW)


def test_a_principal_has_a_role_if_it_has_one_of_them() -> None:
    assert ALICE.has_role("admin", "member")


def test_a_principal_lacks_a_role_that_it_was_not_given() -> None:
    assert not ALICE.has_role("admin", "service")


def test_a_principal_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        ALICE.username = Username("root")  # type: ignore[misc]


def test_a_connection_row_outlives_the_connection() -> None:
    connection = Connection(ConnectionId("c1"), ALICE, NOW, frozenset())
    assert connection.expires_at == NOW + MAX_AGE_MS + ROW_GRACE_MS


def test_the_longest_life_of_a_connection_is_two_hours_and_of_its_row_a_quarter_more() -> None:
    assert MAX_AGE_MS + ROW_GRACE_MS == (2 * 60 + 15) * 60_000


def test_timestamps_are_iso_8601_in_utc_with_milliseconds() -> None:
    assert timestamp(NOW) == "2026-01-01T00:00:00.000Z"


@settings(derandomize=True, deadline=None)
@given(st.integers(min_value=0, max_value=4_102_444_800_000))
def test_timestamps_lose_no_millisecond(at: int) -> None:
    read = datetime.datetime.fromisoformat(timestamp(at))
    assert round(read.timestamp() * 1000) == at


@pytest.mark.parametrize(
    ("issued_at", "now", "covered"),
    [(NOW, NOW + 4, True), (NOW + 1, NOW + 4, False), (NOW, NOW + 5, False)],
)
def test_an_ended_login_covers_what_was_issued_until_its_end_and_has_not_expired(
    issued_at: int, now: int, covered: bool
) -> None:
    assert EndedLogin(until=NOW + 5, issued_until=NOW).covers(issued_at, now) is covered
