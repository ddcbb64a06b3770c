"""Open connections and their subscriptions in DynamoDB.

A connection's row lists its subscriptions' keys, so cleaning up needs no index and no Scan.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from infra.rows import (
    Action,
    Attribute,
    Condition,
    DeleteError,
    DoesNotExist,
    Table,
    TransactWrite,
    TransactWriteError,
    UpdateError,
    size,
)
from infra.stores import directory
from infra.stores.border import condition_failed, translated
from infra.tables import ConnectionRow, Row, SubscriptionRow, delete_returning, transaction
from notify.caps import parse_caps
from notify.errors import Conflict, Invalid, Unavailable, Unknown
from notify.model import Connection, ConnectionId, Pattern, Principal, Subscriber, Username
from notify.parts import Shard
from notify.ports import MAX_ACKED, Clock

T = TypeVar("T")
MAX_TRIES = 8
IS_OPEN: Condition = ConnectionRow.connection_id.exists() & ConnectionRow.closing.does_not_exist()
CONFLICTS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class DynamoConnections:
    """Subscriptions appear and vanish together with their entry in the connection's row.

    `admit_topic` raises if the user may not be the first in one more topic.
    """

    def __init__(self, clock: Clock, admit_topic: Callable[[Username], object]) -> None:
        self._clock = clock
        self._admit_topic = admit_topic

    @translated
    def open(self, connection: Connection) -> None:
        """The row comes before its subscriptions: it is what they are found and removed by."""
        shards = directory.shards_of(connection.topics)
        keys = {}
        for pattern in connection.topics:
            shard = directory.shard_of(connection.id, shards[pattern])
            _raise_count(connection, pattern, shard, shards[pattern])
            keys[pattern] = _key(pattern, shard)
        _connection_row(connection, keys.values()).save()
        with SubscriptionRow.batch_write() as batch:
            for key in keys.values():
                batch.save(_subscription_row(connection, key))

    @translated
    def get(self, connection_id: ConnectionId) -> Connection | None:
        try:
            row = ConnectionRow.get(connection_id, consistent_read=True)
        except DoesNotExist:
            return None
        # DynamoDB's TTL deletes hours late.
        is_over = row.closing or row.expires_at * 1000 <= self._clock()
        return None if is_over else _connection(row)

    @translated
    def subscribe(self, connection: Connection, pattern: Pattern, limit: int) -> None:
        """One transaction: parallel frames or a disconnect in between leave no half of it."""
        if pattern in connection.topics:
            return
        if len(connection.topics) >= limit:  # before a topic is made that nobody will have
            self._require(connection, pattern, limit)
            return
        username = connection.principal.username
        shards = directory.shards_of([pattern], lambda: self._admit_topic(username))[pattern]
        shard = directory.shard_of(connection.id, shards)
        _raise_count(connection, pattern, shard, shards)
        linked = False
        try:
            linked = _link(connection, _key(pattern, shard), limit)
        finally:
            if not linked:
                _lower_count(username, pattern, shard, connection.id)
        if not linked:
            self._require(connection, pattern, limit)

    def _require(self, connection: Connection, pattern: Pattern, limit: int) -> None:
        """Why a subscription was not taken; fine if another frame has made it meanwhile."""
        current = self.get(connection.id)
        if current is None:
            raise Unknown("the connection is closed")
        _require_token(connection, current.renewals)
        if pattern not in current.topics:
            raise Invalid(f"a connection holds at most {limit} topics, its own included")

    @translated
    def unsubscribe(self, connection: Connection, pattern: Pattern) -> None:
        try:
            row = ConnectionRow.get(connection.id, consistent_read=True)
        except DoesNotExist:
            return
        _require_token(connection, int(row.renewals))
        for key in row.topics or ():
            if _parse_key(key)[0] != pattern:
                continue
            if _unlink(connection, key):
                _lower_count(connection.principal.username, *_parse_key(key), connection.id)
            elif (current := self.get(connection.id)) is not None:
                _require_token(connection, current.renewals)

    @translated
    def renew(self, connection: Connection, principal: Principal) -> Connection:
        ends_earlier = principal.token_expires_at < connection.principal.token_expires_at
        if ends_earlier:
            _limit_token(_keys_of(connection.id), connection.id, principal.token_expires_at)
        row = _renew(connection, principal)
        if row is None and self.get(connection.id) is None:
            raise Unknown("the connection is closed")
        if row is None:
            raise Conflict("another token has come first: try again")
        if ends_earlier:  # those that came in between
            _limit_token(row.topics or (), connection.id, principal.token_expires_at)
        return _connection(row)

    @translated
    def extend(self, subscriber: Subscriber, token_expires_at: int) -> None:
        key = _key(subscriber.pattern, subscriber.shard)
        stale = SubscriptionRow.token_expires_at == subscriber.token_expires_at
        _set_token_end(key, subscriber.connection_id, token_expires_at, stale)

    @translated
    def acknowledge(self, connection_id: ConnectionId, stream: Pattern, seq: int) -> bool:
        acked = ConnectionRow.acked[stream]
        has_room: Condition = size(ConnectionRow.acked) < MAX_ACKED  # type: ignore[no-untyped-call]
        news = (acked < seq) | (acked.does_not_exist() & has_room)
        try:
            ConnectionRow(connection_id).update(actions=[acked.set(seq)], condition=IS_OPEN & news)
        except UpdateError as error:
            if not condition_failed(error):
                raise
            self._require_acked(connection_id, stream)
            return False
        return True

    def _require_acked(self, connection_id: ConnectionId, stream: Pattern) -> None:
        """Why an acknowledgement was not taken; fine if one as good is there."""
        current = self.get(connection_id)
        if current is None:
            raise Unknown("the connection is closed")
        if stream not in current.acked:
            raise Invalid(f"a connection acknowledges at most {MAX_ACKED} streams")

    @translated
    def close(self, connection_id: ConnectionId) -> Connection | None:
        """First it is marked, so that it is nobody's any more and takes no subscription; the row
        goes last, and says until then what is left."""
        marked = _mark_closing(connection_id)
        if marked is None:
            return None
        for key in marked.topics or ():
            remove_subscription(key, connection_id)
        attributes = _delete(ConnectionRow, connection_id)
        return None if attributes is None else _connection(ConnectionRow.from_raw_data(attributes))

    @translated
    def forget(self, subscriber: Subscriber) -> Connection | None:
        closed = self.close(subscriber.connection_id)
        if closed is not None and subscriber.pattern in closed.topics:
            return closed
        # A crash has left its own row behind the connection's.
        remove_subscription(_key(subscriber.pattern, subscriber.shard), subscriber.connection_id)
        return closed

    @translated
    def get_each(self, connection_ids: Iterable[ConnectionId]) -> dict[ConnectionId, Connection]:
        rows = ConnectionRow.batch_get(list(connection_ids), consistent_read=True)
        found = (replace(_connection(row), closing=bool(row.closing)) for row in rows)
        return {connection.id: connection for connection in found}

    @translated
    def clear(self, lost: Mapping[ConnectionId, frozenset[Pattern]]) -> set[Shard]:
        shards = directory.shards_of({pattern for topics in lost.values() for pattern in topics})
        places = {
            (connection_id, Shard(pattern, directory.shard_of(connection_id, shards[pattern])))
            for connection_id, topics in lost.items()
            for pattern in topics
        }
        keys = [
            (_key(place.pattern, place.number), connection_id) for connection_id, place in places
        ]
        for row in SubscriptionRow.batch_get(keys, consistent_read=True):
            remove_subscription(row.topic_shard, ConnectionId(row.connection_id))
        return {place for _, place in places}


def _require_token(connection: Connection, renewals: int) -> None:
    if connection.renewals != renewals:
        raise Conflict("the connection has another token by now: try again")


def _unchanged(connection: Connection) -> Condition:
    """Whether it is open, and its token still the one that something was decided for."""
    same: Condition = ConnectionRow.renewals == connection.renewals
    if connection.renewals == 0:  # also of rows that were written before there were renewals
        same |= ConnectionRow.renewals.does_not_exist()
    unchanged: Condition = IS_OPEN & same
    return unchanged


def _keys_of(connection_id: ConnectionId) -> Iterable[str]:
    try:
        return ConnectionRow.get(connection_id, consistent_read=True).topics or ()
    except DoesNotExist:
        return ()


def _limit_token(keys: Iterable[str], connection_id: ConnectionId, token_expires_at: int) -> None:
    for key in keys:
        exists = SubscriptionRow.connection_id.exists()
        _set_token_end(key, connection_id, token_expires_at, exists)


def _set_token_end(
    key: str, connection_id: ConnectionId, token_expires_at: int, condition: Condition
) -> None:
    try:
        SubscriptionRow(key, connection_id).update(
            actions=[SubscriptionRow.token_expires_at.set(token_expires_at)], condition=condition
        )
    except UpdateError as error:
        if not condition_failed(error):  # it is gone, or somebody else was here
            raise


def _link(connection: Connection, key: str, limit: int) -> bool:
    def fill(write: TransactWrite) -> None:
        has_room: Condition = size(ConnectionRow.topics) < limit  # type: ignore[no-untyped-call]
        write.update(
            ConnectionRow(connection.id),
            actions=[ConnectionRow.topics.add({key})],
            condition=_unchanged(connection) & (ConnectionRow.topics.does_not_exist() | has_room),
        )
        write.save(
            _subscription_row(connection, key),
            condition=SubscriptionRow.connection_id.does_not_exist(),
        )

    return _transact(fill)


def _unlink(connection: Connection, key: str) -> bool:
    def fill(write: TransactWrite) -> None:
        write.update(
            ConnectionRow(connection.id),
            actions=[ConnectionRow.topics.delete({key})],
            condition=_unchanged(connection),
        )
        write.delete(
            SubscriptionRow(key, connection.id),
            condition=SubscriptionRow.connection_id.exists(),
        )

    return _transact(fill)


def _transact(fill: Callable[[TransactWrite], None]) -> bool:
    """Whether the transaction's conditions held. Two frames of one connection may collide."""
    for wait in _waits():
        time.sleep(wait)
        try:
            with transaction() as write:
                fill(write)
            return True
        except TransactWriteError as error:
            codes = {reason.code for reason in error.cancellation_reasons if reason}
            if "ConditionalCheckFailed" in codes:
                return False
            if not codes & CONFLICTS:
                raise
    raise Unavailable("the connection is busy: try again")


def _mark_closing(connection_id: ConnectionId) -> ConnectionRow | None:
    """The row, None if there is none; whoever comes after somebody who died marks it once more."""
    row = ConnectionRow(connection_id)
    exists = ConnectionRow.connection_id.exists()
    try:
        _undisturbed(lambda: row.update([ConnectionRow.closing.set(True)], condition=exists))
    except UpdateError as error:
        if condition_failed(error):
            return None
        raise
    return row


def _delete(model: type[Table], *key: str) -> Row | None:
    """Deletes an item for good."""
    return _undisturbed(lambda: delete_returning(model, *key))


def _undisturbed(write: Callable[[], T]) -> T:
    """Does it, also while a transaction holds the item. Raises: Unavailable."""
    for wait in _waits():
        time.sleep(wait)
        try:
            return write()
        except (DeleteError, UpdateError) as error:
            if error.cause_response_code != "TransactionConflictException":
                raise
    raise Unavailable("the connection is busy: try again")


def _waits() -> Iterator[float]:
    """Seconds before each try: none, then longer and longer, with full jitter."""
    yield 0
    for attempt in range(MAX_TRIES - 1):
        yield random.uniform(0, 0.02 * 2**attempt)  # noqa: S311


def remove_subscription(key: str, connection_id: ConnectionId) -> None:
    """Deletes its row, if it has one, and counts it out."""
    removed = _delete(SubscriptionRow, key, connection_id)
    if removed is not None:
        username = SubscriptionRow.from_raw_data(removed).username
        _lower_count(Username(username), *_parse_key(key), connection_id)


def _raise_count(connection: Connection, pattern: Pattern, shard: int, shards: int) -> None:
    if directory.is_counted(pattern, connection.principal.username):
        directory.raise_count(pattern, shard, shards, connection.id)


def _lower_count(
    username: Username, pattern: Pattern, shard: int, connection_id: ConnectionId
) -> None:
    if directory.is_counted(pattern, username):
        directory.lower_count(pattern, shard, connection_id)


def _key(pattern: Pattern, shard: int) -> str:
    return f"{pattern}#{shard}"


def _parse_key(key: str) -> tuple[Pattern, int]:
    pattern, _, shard = key.rpartition("#")
    return Pattern(pattern), int(shard)


def _connection_row(connection: Connection, keys: Iterable[str]) -> ConnectionRow:
    principal = connection.principal
    return ConnectionRow(
        connection.id,
        username=principal.username,
        roles=set(principal.roles) or None,
        tenant=principal.tenant,
        caps=_caps(principal),
        sid=principal.sid,
        issued_at=principal.issued_at,
        topics=set(keys),
        acked={},
        connected_at=connection.connected_at,
        token_expires_at=principal.token_expires_at,
        expires_at=connection.expires_at // 1000,
    )


def _renew(connection: Connection, principal: Principal) -> ConnectionRow | None:
    """The row with its new principal, None if another token has come first."""
    row, actions = ConnectionRow(connection.id), _principal_actions(principal)
    try:
        _undisturbed(lambda: row.update(actions, condition=_unchanged(connection)))
    except UpdateError as error:
        if condition_failed(error):
            return _renewed(connection, principal)
        raise
    return row


def _renewed(connection: Connection, principal: Principal) -> ConnectionRow | None:
    """The row if this very token came first: DynamoDB's client repeats a write whose answer is
    lost, and then finds what it wrote."""
    try:
        row = ConnectionRow.get(connection.id, consistent_read=True)
    except DoesNotExist:
        return None
    found = _connection(row)
    is_next = found.renewals == connection.renewals + 1
    return row if is_next and found.principal == principal else None


def _principal_actions(principal: Principal) -> list[Action]:
    return [
        # DynamoDB knows no empty set.
        _set_or_remove(ConnectionRow.roles, set(principal.roles) or None),
        _set_or_remove(ConnectionRow.tenant, principal.tenant),
        _set_or_remove(ConnectionRow.sid, principal.sid),
        ConnectionRow.issued_at.set(principal.issued_at),
        ConnectionRow.caps.set(_caps(principal)),
        ConnectionRow.token_expires_at.set(principal.token_expires_at),
        ConnectionRow.renewals.add(1),
    ]


def _set_or_remove(attribute: Attribute[Any], value: object) -> Action:
    return attribute.remove() if value is None else attribute.set(value)


def _caps(principal: Principal) -> str:
    return json.dumps({pattern: sorted(may) for pattern, may in principal.caps.items()})


def _subscription_row(connection: Connection, key: str) -> SubscriptionRow:
    return SubscriptionRow(
        key,
        connection.id,
        username=connection.principal.username,
        connected_at=connection.connected_at,
        token_expires_at=connection.principal.token_expires_at,
        expires_at=connection.expires_at // 1000,
    )


def _connection(row: ConnectionRow) -> Connection:
    principal = Principal(
        username=Username(row.username),
        roles=frozenset(row.roles or ()),
        tenant=row.tenant,
        token_expires_at=int(row.token_expires_at),
        caps=parse_caps(json.loads(row.caps or "{}")),
        sid=row.sid,
        issued_at=_issued_at(row),
    )
    return Connection(
        id=ConnectionId(row.connection_id),
        principal=principal,
        connected_at=int(row.connected_at),
        topics=frozenset(_parse_key(key)[0] for key in row.topics or ()),
        acked={Pattern(stream): int(seq) for stream, seq in _acked(row).items()},
        renewals=int(row.renewals),
    )


def _issued_at(row: ConnectionRow) -> int:
    # Of a row that is older than the field it is known that the token was good when it came.
    return int(row.issued_at or row.connected_at)


def _acked(row: ConnectionRow) -> dict[str, Any]:
    acked: dict[str, Any] = row.acked.as_dict()  # type: ignore[no-untyped-call]
    return acked
