"""Closing what is open when a login stops being good."""

from notify.errors import HeliographError, Revoked
from notify.fanout import Fanout, every_member
from notify.model import Subscriber, Username
from notify.ports import Clock, Connections, Subscriptions
from notify.topics import user_topic


class Revocation:
    """A token is checked when a connection opens; who loses the right to it later is told here."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        connections: Connections,
        fanout: Fanout,
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._connections = connections
        self._fanout = fanout
        self._clock = clock

    def revoke(
        self, username: str, error: HeliographError | None = None, sid: str | None = None
    ) -> int:
        """Tells every connection of the user, or only those of the login `sid`, closes it, and
        returns how many they were. They are told 4003 unless another error is given."""
        own = own_subscribers(self._subscriptions, Username(username), self._clock())
        if sid is not None:
            own = [subscriber for subscriber in own if self._is_of(subscriber, sid)]
        self._fanout.expel(own, error or Revoked())
        return len(own)

    def _is_of(self, subscriber: Subscriber, sid: str) -> bool:
        connection = self._connections.get(subscriber.connection_id)
        return connection is not None and connection.principal.sid == sid


def own_subscribers(subscriptions: Subscriptions, username: Username, now: int) -> list[Subscriber]:
    """The user's connections, which are all in the user's topic."""
    return [
        subscriber
        for audience in subscriptions.audiences(user_topic(username))
        for subscriber in every_member(subscriptions, audience, now)
        # Others may watch it by a capability; the user's own wildcards have the same connections.
        if subscriber.username == username and subscriber.pattern == user_topic(username)
    ]
