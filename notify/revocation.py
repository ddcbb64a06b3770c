"""Closing what is open when a login stops being good."""

from notify.errors import Revoked
from notify.fanout import Fanout, every_member
from notify.model import Username
from notify.ports import Clock, Subscriptions
from notify.topics import user_topic


class Revocation:
    """A token is checked when a connection opens; who loses the right to it later is told here."""

    def __init__(self, subscriptions: Subscriptions, fanout: Fanout, clock: Clock) -> None:
        self._subscriptions = subscriptions
        self._fanout = fanout
        self._clock = clock

    def revoke(self, username: str) -> int:
        """Sends 4003 to every connection of the user, closes it, and returns how many they were."""
        topic, now = user_topic(Username(username)), self._clock()
        own = [
            subscriber
            for audience in self._subscriptions.audiences(topic)
            for subscriber in every_member(self._subscriptions, audience, now)
            if subscriber.username == username
        ]
        self._fanout.expel(own, Revoked())
        return len(own)
