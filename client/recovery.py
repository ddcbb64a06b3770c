"""What to do about a lost connection: try again and when, or give up (protocol §3, sans-I/O)."""

from .backoff import Backoff
from .errors import (
    ApiError,
    ConnectionLost,
    HeliographError,
    NoAnswer,
    Refused,
    RequestRefused,
    Unreachable,
)

# A connection that lived so long was a good one: what follows is a new trouble, not the old one.
STABLE_SECONDS = 30.0
# A new token may help against these; against 4000, 4004 and 4008 it cannot. After 4003 it might,
# but somebody took the login away: another one behind the owner's back would undo that.
TOKEN_CODES = frozenset({4001, 4002})


class Recovery:
    """Remembers how the last tries went, and decides on the next.

    `renewable`: a new token can be had. `patient`: keep trying though the first try never worked.
    """

    def __init__(self, backoff: Backoff, *, renewable: bool, patient: bool = True) -> None:
        self._backoff = backoff
        self._renewable = renewable
        self._patient = patient
        self._refresh()

    def _refresh(self) -> None:
        self._backoff.reset()
        self._may_renew = self._renewable
        self._may_hurry = True

    def delay_after(self, error: HeliographError, lived: float | None) -> float:
        """Seconds until the next try. `lived`: how long the connection was up, None if never.

        Raises: `error` itself if there is to be no next try.
        """
        if lived is not None and lived >= STABLE_SECONDS:
            self._refresh()
        self._patient = self._patient or lived is not None
        if isinstance(error, Refused):
            return self._delay_after_refusal(error)
        if not _is_temporary(error) or not self._patient:
            raise error
        return max(self._backoff.next_delay(), _retry_after(error))

    def _delay_after_refusal(self, refused: Refused) -> float:
        if refused.reconnect and refused.code in TOKEN_CODES and self._may_renew:
            self._may_renew = False
            return 0.0
        if not refused.reconnect or not 4100 <= refused.code < 4300 or not self._patient:
            raise refused
        after = refused.after_ms / 1000
        return after if self._is_rollover(refused) else after + self._backoff.next_delay()

    def _is_rollover(self, refused: Refused) -> bool:
        """Whether to reconnect at once. A server that rolls over in a row is in trouble: not so."""
        hurry = self._may_hurry and refused.code >= 4200
        self._may_hurry = self._may_hurry and not hurry
        return hurry


def _is_temporary(error: HeliographError) -> bool:
    # A token callable may log in over HTTP; a hello may be answered with an error.
    if isinstance(error, ApiError | RequestRefused):
        return error.temporary
    return isinstance(error, Unreachable | ConnectionLost | NoAnswer)


def _retry_after(error: HeliographError) -> float:
    if isinstance(error, RequestRefused):
        return (error.retry_after_ms or 0) / 1000
    return (error.retry_after or 0.0) if isinstance(error, ApiError) else 0.0
