"""Which topics there are, over how many shards their members are spread, and how many they are.

A topic's row is made before its first member's and never removed, so whoever is subscribed is
found. Counting is for statistics, and nothing that is delivered depends on it. It is a tree: a
shard's members, a topic's shards with members, the service's topics with members. Only the step
from 0 to 1 or back is told to the parent, so a busy topic writes to one item of its own. Additions
commute, and each step is seen by exactly one caller; hence the counts are exact whatever the
order. A count is raised before a row is written and lowered after it is deleted, so that a crash in
between leaves it too high and not below zero, until it is recounted (infra.stores.recounts).

Roots are listed too, in the parts of the directory, so that every topic can be found without a
Scan.
"""

from collections.abc import Callable, Iterable, Iterator

from infra.rows import UpdateError
from infra.stores.border import condition_failed
from infra.stores.counts import TOPICS, USERS, members_counter, total
from infra.stores.tallies import add_member
from infra.tables import CounterRow, TopicRow
from notify.model import ConnectionId, Pattern, Username
from notify.topics import is_user_topic, part_of, root, spread, user_root, user_topic

SHARD_SIZE = 5000
MAX_SHARDS = 1024
CHECK_EVERY = 500  # how often a shard that is full looks whether the whole topic is


def shard_of(connection_id: ConnectionId, shards: int) -> int:
    return spread(connection_id, shards)


def topic_rows(patterns: Iterable[Pattern], consistent: bool) -> dict[Pattern, TopicRow]:
    """The rows of those patterns that have one."""
    keys = [(root(pattern), pattern) for pattern in patterns]
    rows = TopicRow.batch_get(keys, consistent_read=consistent)
    return {Pattern(row.topic): row for row in rows}


def shards_of(
    patterns: Iterable[Pattern], admit: Callable[[], object] = lambda: None
) -> dict[Pattern, int]:
    """Over how many shards each is spread; makes the row of a topic that has none, unless `admit`,
    which is called before, raises.

    An old number does no harm: shards are only ever added, so a row in a lower one is found.
    """
    patterns = list(patterns)
    rows = topic_rows(patterns, consistent=False)
    for pattern in patterns:
        row = rows.get(pattern)
        if row is None:
            admit()
        if row is None or row.live_shards is None:  # of a stream, it may have a row already
            _list(pattern)
    return {pattern: shards(rows.get(pattern)) for pattern in patterns}


def _list(pattern: Pattern) -> None:
    """Its root first: whatever may have members can be found."""
    under = root(pattern)
    if under != user_root(part_of(under)):
        TopicRow(_roots(part_of(under)), under).save()
    TopicRow(under, pattern).update(actions=[TopicRow.live_shards.add(0)])


def topics_in(part: int) -> Iterator[TopicRow]:
    """The topics of a part of the directory that are no user's own."""
    for listed in TopicRow.query(_roots(part), consistent_read=True):
        yield from TopicRow.query(listed.topic, consistent_read=True)


def user_topics_in(part: int) -> Iterator[TopicRow]:
    """The others: users' own, and those below them."""
    return TopicRow.query(user_root(part), consistent_read=True)


def _roots(part: int) -> str:
    return f"#roots#{part:02}"


def is_counted(pattern: Pattern, username: Username) -> bool:
    """Whether a subscription of that user counts. Watching somebody does not connect them."""
    return not is_user_topic(pattern) or pattern == user_topic(username)


def shards(row: TopicRow | None) -> int:
    return int(row.shards) if row is not None and row.shards else 1


def raise_count(pattern: Pattern, shard: int, shards: int, member: ConnectionId) -> None:
    """One member more, before its row is written."""
    members = add_member(CounterRow(members_counter(pattern), shard), +1, member)
    if members == 1:
        turn_shard(pattern, shard, +1)
    if members >= SHARD_SIZE and members % CHECK_EVERY == 0:
        _grow(pattern, shards)


def lower_count(pattern: Pattern, shard: int, member: ConnectionId) -> None:
    """One member fewer, after its row is gone."""
    if add_member(CounterRow(members_counter(pattern), shard), -1, member) == 0:
        turn_shard(pattern, shard, -1)


def turn_shard(pattern: Pattern, shard: int, amount: int) -> None:
    """A shard has got its first member (+1), or lost its last (-1)."""
    live = add_member(TopicRow(root(pattern), pattern), amount, f"{pattern}#{shard}")
    if (amount, live) in ((+1, 1), (-1, 0)):
        turn_topic(pattern, amount)


def turn_topic(pattern: Pattern, amount: int) -> None:
    """A topic has got its first shard with members, or lost its last."""
    counter = USERS if is_user_topic(pattern) else TOPICS
    add_member(CounterRow(counter, part_of(root(pattern))), amount, pattern)


def _grow(pattern: Pattern, shards: int) -> None:
    """Doubles the shards of a topic that is full. Rows stay where they are."""
    if shards >= MAX_SHARDS or total(members_counter(pattern)) < shards * SHARD_SIZE:
        return
    unchanged = TopicRow.shards == shards
    if shards == 1:
        unchanged |= TopicRow.shards.does_not_exist()
    try:
        TopicRow(root(pattern), pattern).update(
            actions=[TopicRow.shards.set(2 * shards)], condition=unchanged
        )
    except UpdateError as error:
        if not condition_failed(error):  # somebody else has grown it
            raise
