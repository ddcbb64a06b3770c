"""Closing what is open when a login stops being good."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from notify.accounts import Accounts
from notify.errors import HeliographError, Revoked, Unauthorized, Unavailable, Unknown
from notify.fanout import Fanout, own_subscribers
from notify.jobs import RevokeJob
from notify.model import Subscriber, Username
from notify.ports import Clock, Connections, LaterQueue, Subscriptions
from notify.topics import SEGMENT

# By then the function that ends the login has ended, one way or another (29 s, serverless.yml).
CHECK_SECONDS = 35

T = TypeVar("T")


class Revocation:
    """A token is checked when a connection opens; who loses the right to it later is told here.

    First a login ends, by one write; then what it opened is closed. For a function that dies in
    between, or meets a store that does not answer, a job is put before the write. It looks at the
    logins themselves, so that it may come twice or in vain: what is still good stays open.
    """

    def __init__(
        self,
        accounts: Accounts,
        subscriptions: Subscriptions,
        connections: Connections,
        fanout: Fanout,
        later: LaterQueue,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._subscriptions = subscriptions
        self._connections = connections
        self._fanout = fanout
        self._later = later
        self._clock = clock

    def end(self, username: str, write: Callable[[], T], sid: str | None = None) -> T:
        """Does `write`, which ends every login of the user, or only `sid`, and closes what they
        have opened. Returns what it returns. Raises: what it raises.
        """
        if not SEGMENT.fullmatch(username):  # nobody's: nothing is open, and no job may look for it
            return write()
        self.foresee(username)
        try:
            written = write()
        except Unknown:
            # Perhaps this very call has removed the user: botocore repeats a write whose answer
            # was lost. Or the call before, which then could not close anything.
            self.settle(RevokeJob(Username(username), Revoked().message))
            raise
        self.revoke(username, sid=sid)
        return written

    def foresee(self, username: str, error: Revoked | None = None) -> None:
        """To be called before a write that ends logins: what it leaves open will be closed."""
        job = RevokeJob(Username(username), (error or Revoked()).message)
        # A login must end also while the queue does not answer.
        with suppress(Unavailable):
            self._later.put([job], CHECK_SECONDS)

    def revoke(
        self, username: str, error: HeliographError | None = None, sid: str | None = None
    ) -> int:
        """Tells every connection of the user, or only those of the login `sid`, closes it, and
        returns how many they were. They are told 4003 unless another error is given."""
        own = self._own(username)
        if sid is not None:
            own = [subscriber for subscriber in own if self._is_of(subscriber, sid)]
        self._fanout.expel(own, error or Revoked())
        return len(own)

    def settle(self, job: RevokeJob) -> Counter[str]:
        """Does the same to those whose login is no longer good, and to no others."""
        ended = [
            subscriber for subscriber in self._own(job.username) if self._has_ended(subscriber)
        ]
        self._fanout.expel(ended, Revoked(job.message))
        return Counter(revoked=len(ended))

    def _own(self, username: str) -> list[Subscriber]:
        return list(own_subscribers(self._subscriptions, Username(username), self._clock()))

    def _is_of(self, subscriber: Subscriber, sid: str) -> bool:
        connection = self._connections.get(subscriber.connection_id)
        return connection is not None and connection.principal.sid == sid

    def _has_ended(self, subscriber: Subscriber) -> bool:
        connection = self._connections.get(subscriber.connection_id)
        if connection is None:  # it is being closed, or a rest
            return True
        try:
            self._accounts.check(connection.principal)
        except Unauthorized:
            return True
        return False
