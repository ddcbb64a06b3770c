"""Counts in DynamoDB, held against what they count: members, shards with members, topics."""

from collections.abc import Iterable, Iterator

from infra.stores import directory
from infra.stores.border import translated
from infra.stores.connections import remove_subscription
from infra.stores.counts import TOPICS, USERS, members_counter
from infra.stores.deadlines import KEPT_MS, pages
from infra.stores.tallies import Settlement, settle, tally
from infra.tables import CounterRow, DeadlineRow, SubscriptionRow, TopicRow
from notify.deadlines import MINUTE_MS
from notify.model import ConnectionId, Pattern, Username
from notify.parts import Shard
from notify.ports import TOTALS, Look
from notify.topics import is_user_topic, root


class DynamoRecounts:
    """From the leaves of the tree to its root: each level is held against the one below."""

    @translated
    def look(self, place: Shard, now: int) -> Look:
        if place.pattern == TOTALS:
            return _look_at_totals(place.number, now)
        members, expired = _members(place, now)
        below = settle(_members_row(place), tally(members), now)
        if below.turn:
            directory.turn_shard(place.pattern, place.number, below.turn)
        above = settle(_topic_row(place.pattern), tally(_live_shards(place.pattern)), now)
        if above.turn:
            directory.turn_topic(place.pattern, above.turn)
        return _look(below, above, expired=expired)

    def places(self, part: int) -> Iterator[Shard]:
        for row in _topics_in(part):
            for number in range(directory.shards(row)):
                yield Shard(Pattern(row.topic), number)

    @translated
    def put(self, places: Iterable[Shard], minute: int) -> None:
        expires_at = (minute * MINUTE_MS + KEPT_MS) // 1000
        with DeadlineRow.batch_write() as batch:
            for place in places:
                batch.save(DeadlineRow(_bucket(minute), _entry(place), expires_at=expires_at))

    def due(self, minute: int) -> Iterator[list[Shard]]:
        for rows in pages(_bucket(minute)):
            yield [_place(row.entry) for row in rows]

    @translated
    def drop(self, places: Iterable[Shard], minute: int) -> None:
        with DeadlineRow.batch_write() as batch:
            for place in places:
                batch.delete(DeadlineRow(_bucket(minute), _entry(place)))


def _members(place: Shard, now: int) -> tuple[list[str], int]:
    """The ids that count; and how many rows were removed that DynamoDB's TTL would remove late and
    without counting them out."""
    key, counted, expired = _entry(place), [], 0
    for row in SubscriptionRow.query(key, consistent_read=True):
        if row.expires_at * 1000 <= now:
            remove_subscription(key, ConnectionId(row.connection_id))
            expired += 1
        elif directory.is_counted(place.pattern, Username(row.username)):
            counted.append(row.connection_id)
    return counted, expired


def _live_shards(pattern: Pattern) -> list[str]:
    rows = CounterRow.query(members_counter(pattern), consistent_read=True)
    return [f"{pattern}#{int(row.shard)}" for row in rows if int(row.value) > 0]


def _look_at_totals(part: int, now: int) -> Look:
    topics: list[str] = []
    users: list[str] = []
    for row in (*directory.topics_in(part), *directory.user_topics_in(part)):
        if row.live_shards and int(row.live_shards) > 0:
            (users if is_user_topic(Pattern(row.topic)) else topics).append(row.topic)
    return _look(
        settle(CounterRow(TOPICS, part), tally(topics), now),
        settle(CounterRow(USERS, part), tally(users), now),
    )


def _look(*settlements: Settlement, expired: int = 0) -> Look:
    return Look(
        suspect=any(each.suspect for each in settlements),
        corrected=sum(each.corrected for each in settlements),
        expired=expired,
    )


@translated
def _topics_in(part: int) -> list[TopicRow]:
    return list(directory.topics_in(part))


def _members_row(place: Shard) -> CounterRow:
    return CounterRow(members_counter(place.pattern), place.number)


def _topic_row(pattern: Pattern) -> TopicRow:
    return TopicRow(root(pattern), pattern)


def _bucket(minute: int) -> str:
    return f"{minute}#counts"


def _entry(place: Shard) -> str:
    return f"{place.pattern}#{place.number}"


def _place(entry: str) -> Shard:
    pattern, _, number = entry.rpartition("#")
    return Shard(Pattern(pattern), int(number))
