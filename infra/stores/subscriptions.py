"""The members of topics in DynamoDB, as the fan-out reads them."""

from collections.abc import Iterable, Iterator

from infra.stores import directory
from infra.stores.border import translated
from infra.stores.counts import members_counter, pattern_of
from infra.tables import CounterRow, SubscriptionRow, TopicRow
from notify.model import ConnectionId, Pattern, Subscriber, Username
from notify.parts import Shard
from notify.ports import Audience, Page
from notify.topics import ANYTHING, EVERY_USER, EVERYBODY, is_wildcard, root, wildcards_over


class DynamoSubscriptions:
    """Every read is consistent: who was told `subscribed` gets what is published after that."""

    @translated
    def audiences(self, pattern: Pattern) -> list[Audience]:
        if pattern in (ANYTHING, EVERY_USER):
            pattern = EVERYBODY
        exact = list(dict.fromkeys([pattern, *wildcards_over(pattern)]))
        rows = directory.topic_rows(exact, consistent=True)
        if is_wildcard(pattern):
            rows |= {Pattern(row.topic): row for row in _rows_below(pattern)}
        return [Audience(found, directory.shards(row)) for found, row in rows.items()]

    @translated
    def exactly(self, patterns: Iterable[Pattern]) -> list[Audience]:
        rows = directory.topic_rows(patterns, consistent=True)
        return [Audience(found, directory.shards(row)) for found, row in rows.items()]

    @translated
    def sizes(self, audiences: Iterable[Audience]) -> dict[Shard, int]:
        keys = [
            (members_counter(audience.pattern), shard)
            for audience in audiences
            for shard in range(audience.shards)
        ]
        return {
            Shard(pattern_of(row.counter), int(row.shard)): int(row.value)
            for row in CounterRow.batch_get(keys)
        }

    @translated
    def page(
        self, pattern: Pattern, shard: int, after: ConnectionId | None, limit: int, now: int
    ) -> Page:
        rows = list(
            SubscriptionRow.query(
                f"{pattern}#{shard}",
                SubscriptionRow.connection_id > after if after is not None else None,
                consistent_read=True,
                limit=limit,
            )
        )
        return Page(
            subscribers=tuple(
                _subscriber(row, pattern, shard) for row in rows if row.expires_at * 1000 > now
            ),
            after=ConnectionId(rows[-1].connection_id) if len(rows) == limit else None,
        )


def _rows_below(pattern: Pattern) -> Iterator[TopicRow]:
    prefix = pattern.removesuffix("*")
    return TopicRow.query(root(pattern), TopicRow.topic.startswith(prefix), consistent_read=True)


def _subscriber(row: SubscriptionRow, pattern: Pattern, shard: int) -> Subscriber:
    return Subscriber(
        connection_id=ConnectionId(row.connection_id),
        username=Username(row.username),
        connected_at=int(row.connected_at),
        token_expires_at=int(row.token_expires_at),
        pattern=pattern,
        shard=shard,
    )
