"""Which streams feed a subscription: its topic's own, and those of the wildcards on its way."""

from collections.abc import Iterable

from msgspec import Struct

from notify.errors import Forbidden, HeliographError, Unknown
from notify.model import Connection, Pattern, Position
from notify.ports import Branch, Streams
from notify.reasons import TEXTS, Reason
from notify.topics import EVERY_USER, TopicPolicy, feeds, is_wildcard, wildcards_over

# Topics below one wildcard, and below all of a question: what a frame can name.
MAX_BELOW = 100
MAX_BELOW_ALL = 200


class Fed(Struct):
    """Where the streams stand that feed some patterns. `crowded`: the wildcards among them with
    more topics than are named here."""

    heads: dict[Pattern, Position] = {}
    crowded: set[Pattern] = set()


class Feeding:
    """Looks the streams up. A broadcast to `orders:*` is stored in a stream of that name and due to
    who is subscribed to `orders:eu`; one to `orders:eu` is due to who is subscribed to `orders:*`.
    """

    def __init__(self, streams: Streams, policy: TopicPolicy) -> None:
        self._streams = streams
        self._policy = policy

    def look_up(self, patterns: Iterable[Pattern]) -> Fed:
        """The patterns' own streams, and of the others those that have begun."""
        own = sorted(set(patterns))
        fed = Fed(dict(self._streams.heads(own)))
        over = {wide for pattern in own for wide in wildcards_over(pattern)} - {*own, EVERY_USER}
        if over:
            fed.heads |= self._streams.begun(sorted(over))
        left = MAX_BELOW_ALL
        for wildcard in filter(is_wildcard, own):
            branch = self._below(wildcard, min(MAX_BELOW, left))
            fed.heads |= branch.heads
            left -= len(branch.heads)
            if branch.more:
                fed.crowded.add(wildcard)
        return fed

    def _below(self, wildcard: Pattern, limit: int) -> Branch:
        """Of too many none: with only some of them nobody could tell which are new."""
        if wildcard == EVERY_USER or limit == 0:
            return Branch({}, more=True)
        branch = self._streams.below(wildcard, limit)
        return Branch({}, more=True) if branch.more else branch

    def refusal(self, connection: Connection, stream: Pattern) -> Reason | None:
        """Why the connection may not read the stream, if it may not."""
        if any(feeds(stream, topic) for topic in connection.topics):
            return None
        if self._policy.has_history(connection.principal, stream):
            return None
        may = self._policy.may_subscribe(connection.principal, stream)
        return Reason.NOT_SUBSCRIBED if may else Reason.FORBIDDEN


def refused(reason: Reason, stream: Pattern) -> HeliographError:
    """A refusal of a stream as an error."""
    error = Forbidden if reason is Reason.FORBIDDEN else Unknown
    return error(f"{TEXTS[reason]}: {stream}")
