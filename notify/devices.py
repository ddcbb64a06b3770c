"""A user's own connections, and what each of them is shown of the inbox."""

from collections.abc import Iterator
from contextlib import suppress

from notify.entries import InboxCounts
from notify.errors import Unavailable
from notify.fanout import own_subscribers
from notify.inbox import Inbox
from notify.model import Principal, Subscriber, User, Username
from notify.ports import Clock, Connections, Subscriptions

Standing = tuple[frozenset[str], str | None]


class Devices:
    """Tokens of one user may have different roles, and so different inboxes."""

    def __init__(
        self, subscriptions: Subscriptions, connections: Connections, inbox: Inbox, clock: Clock
    ) -> None:
        self._subscriptions = subscriptions
        self._connections = connections
        self._inbox = inbox
        self._clock = clock

    def of(self, username: Username) -> list[Subscriber]:
        """The user's connections, and nobody's who only watches the user."""
        return list(own_subscribers(self._subscriptions, username, self._clock()))

    def counted(
        self, subscribers: list[Subscriber], user: User | None = None
    ) -> Iterator[tuple[InboxCounts | None, list[Subscriber]]]:
        """Those whose inbox is the same together, with its counts; None where nobody can tell.
        `user`: whose they are, where the account has just been read."""
        try:
            groups = self._by_standing(subscribers)
        except Unavailable:
            yield None, subscribers
            return
        for principal, group in groups:
            yield self._counts(principal, user), group

    def _by_standing(
        self, subscribers: list[Subscriber]
    ) -> list[tuple[Principal | None, list[Subscriber]]]:
        found = self._connections.get_each(each.connection_id for each in subscribers)
        groups: dict[Standing | None, tuple[Principal | None, list[Subscriber]]] = {}
        for subscriber in subscribers:
            connection = found.get(subscriber.connection_id)
            principal = connection.principal if connection else None
            standing = (principal.roles, principal.tenant) if principal else None
            groups.setdefault(standing, (principal, []))[1].append(subscriber)
        return list(groups.values())

    def _counts(self, principal: Principal | None, user: User | None) -> InboxCounts | None:
        with suppress(Unavailable):
            return self._inbox.counts(principal, user) if principal else None
        return None
