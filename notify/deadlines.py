"""When a connection is looked at: as its token ends, at its own end, and now and then until there.

The gateway tells of a connection's end at its best effort, and of a token's never.
"""

from notify.model import MAX_AGE_MS, Connection
from notify.ports import Deadline

MINUTE_MS = 60_000
# A client is told at least a minute before its token ends: a deadline waits for a minute to begin,
# and the sweep comes once in a minute.
WARN_MS = 3 * MINUTE_MS
# API Gateway has closed a connection by then, and its row is not yet gone by its TTL.
OVERDUE_MS = MAX_AGE_MS + MINUTE_MS


def next_deadline(
    connection: Connection, now: int, probe_ms: int, told: int | None = None
) -> Deadline:
    """What comes first, but not before the next minute: the sweep may be at work on this one.

    Nothing of it depends on when one asks, but that it lies ahead: so whoever looks twice, after a
    crash, comes to the same deadline and not to a second one.
    """
    token_end = connection.principal.token_expires_at
    times = [
        connection.connected_at + OVERDUE_MS,
        token_end if told == token_end else token_end - WARN_MS,
    ]
    if probe_ms:
        probes = _probes(connection, now, probe_ms)
        times.append(connection.connected_at + (probes + 1) * probe_ms)
    at = max(min(times), now + MINUTE_MS)
    return Deadline(connection.id, at, connection.topics, told)


def is_overdue(connection: Connection, now: int) -> bool:
    return connection.connected_at + OVERDUE_MS <= now


def is_ending(connection: Connection, now: int) -> bool:
    """Whether its token is about to end, or has."""
    return connection.principal.token_expires_at - WARN_MS <= now


def is_probed(connection: Connection, deadline: Deadline, now: int, probe_ms: int) -> bool:
    """Whether it is time for a probe, or was since the deadline."""
    if not probe_ms:
        return False
    before = _probes(connection, deadline.at - 1, probe_ms)
    return _probes(connection, now, probe_ms) > before


def _probes(connection: Connection, until: int, probe_ms: int) -> int:
    return (until - connection.connected_at) // probe_ms
