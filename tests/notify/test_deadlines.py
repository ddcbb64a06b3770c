import pytest

from notify.deadlines import (
    MINUTE_MS,
    OVERDUE_MS,
    WARN_MS,
    is_ending,
    is_overdue,
    is_probed,
    next_deadline,
)
from notify.model import MAX_AGE_MS, ROW_GRACE_MS, Connection, ConnectionId, Pattern, Principal
from notify.model import Username as Name
from notify.ports import Deadline
from tests.fakes import NOW

HOUR_MS, PROBE_MS = 60 * MINUTE_MS, 15 * MINUTE_MS
TOPICS = frozenset({Pattern("general")})


def connection(token_ms: int = 10 * HOUR_MS) -> Connection:
    """Connected at NOW."""
    principal = Principal(Name("alice"), frozenset(), None, NOW + token_ms)
    return Connection(ConnectionId("c1"), principal, NOW, TOPICS)


def due(connected: Connection, after_ms: int, probe_ms: int = PROBE_MS, told: int = 0) -> int:
    """How long after it connected it is looked at next."""
    return next_deadline(connected, NOW + after_ms, probe_ms, told).at - NOW


@pytest.mark.parametrize(
    ("token_ms", "after_ms", "expected"),
    [
        (10 * HOUR_MS, 0, PROBE_MS),
        (10 * HOUR_MS, PROBE_MS, 2 * PROBE_MS),
        (10 * HOUR_MS, PROBE_MS - 1, PROBE_MS - 1 + MINUTE_MS),
        (10 * MINUTE_MS, 0, 10 * MINUTE_MS - WARN_MS),
        (10 * HOUR_MS, 8 * PROBE_MS - MINUTE_MS, 8 * PROBE_MS),
        (10 * HOUR_MS, 8 * PROBE_MS, OVERDUE_MS),
        (MINUTE_MS, 0, MINUTE_MS),
        (MINUTE_MS, 5 * MINUTE_MS, 6 * MINUTE_MS),
    ],
    ids=["probe", "next probe", "never at once", "token", "last probe", "end", "short", "over"],
)
def test_what_comes_first_is_the_deadline(token_ms: int, after_ms: int, expected: int) -> None:
    assert due(connection(token_ms), after_ms) == expected


def test_who_was_told_is_looked_at_when_the_token_ends() -> None:
    ending = connection(10 * MINUTE_MS)
    token_end = ending.principal.token_expires_at
    assert due(ending, 8 * MINUTE_MS, told=token_end) == 10 * MINUTE_MS


def test_who_was_told_of_an_older_token_is_told_again() -> None:
    renewed = connection(14 * MINUTE_MS)
    assert due(renewed, 0, told=NOW + 10 * MINUTE_MS) == 14 * MINUTE_MS - WARN_MS


def test_without_probes_it_is_the_token_or_the_end() -> None:
    assert due(connection(), 0, probe_ms=0) == OVERDUE_MS


def test_a_deadline_remembers_what_the_connection_holds() -> None:
    assert next_deadline(connection(), NOW, PROBE_MS).topics == TOPICS


def test_looking_twice_gives_one_deadline() -> None:
    first, again = (due(connection(), PROBE_MS + after) for after in (1000, 9 * MINUTE_MS))
    assert first == again == 2 * PROBE_MS


@pytest.mark.parametrize(
    ("at", "now", "expected"),
    [
        (PROBE_MS, PROBE_MS + 30_000, True),
        (PROBE_MS, 4 * PROBE_MS, True),
        (PROBE_MS + 1, PROBE_MS + MINUTE_MS, False),
        (2 * PROBE_MS - 1, 2 * PROBE_MS, True),
    ],
)
def test_it_is_probed_where_a_probe_lies_between(at: int, now: int, expected: bool) -> None:
    deadline = Deadline(ConnectionId("c1"), NOW + at, TOPICS)
    assert is_probed(connection(), deadline, NOW + now, PROBE_MS) is expected
    assert not is_probed(connection(), deadline, NOW + now, 0)


def test_a_token_is_about_to_end_and_a_connection_is_overdue_at_their_times() -> None:
    ending = connection(10 * MINUTE_MS)
    times = [10 * MINUTE_MS - WARN_MS - 1, 10 * MINUTE_MS - WARN_MS, 11 * MINUTE_MS]
    assert [is_ending(ending, NOW + each) for each in times] == [False, True, True]
    assert [is_overdue(ending, NOW + OVERDUE_MS + each) for each in (-1, 0)] == [False, True]


def test_a_connection_is_overdue_after_the_gateway_has_closed_it_and_before_its_row_goes() -> None:
    # Two minutes are what a look may be late.
    assert MAX_AGE_MS < OVERDUE_MS < OVERDUE_MS + 2 * MINUTE_MS < MAX_AGE_MS + ROW_GRACE_MS
