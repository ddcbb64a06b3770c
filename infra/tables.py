"""Models of the tables in tables.yml; no name or region until `bind`."""

from typing import Any

from infra.rows import (
    BooleanAttribute,
    MapAttribute,
    NumberAttribute,
    NumberSetAttribute,
    Table,
    TransactWrite,
    UnicodeAttribute,
    UnicodeSetAttribute,
    begin_transaction,
)


class Meta:
    """What `bind` names."""

    table_name = "unbound"
    region = "unbound"


class ConnectionRow(Table):
    """An open connection, or one that is being closed. `topics` holds the keys of its
    subscriptions, `topic#shard`; `acked` how far the client says that each stream has arrived."""

    class Meta(Meta):
        suffix = "connections"

    connection_id = UnicodeAttribute(hash_key=True)
    username = UnicodeAttribute()
    roles = UnicodeSetAttribute(null=True)
    tenant = UnicodeAttribute(null=True)
    caps = UnicodeAttribute(null=True)
    topics = UnicodeSetAttribute(null=True)  # DynamoDB knows no empty set
    acked: "MapAttribute[str, Any]" = MapAttribute(default=dict)  # type: ignore[no-untyped-call]
    sid = UnicodeAttribute(null=True)
    issued_at = NumberAttribute(null=True)
    renewals = NumberAttribute(default=0)
    closing = BooleanAttribute(null=True)
    connected_at = NumberAttribute()
    token_expires_at = NumberAttribute()
    expires_at = NumberAttribute()


class SubscriptionRow(Table):
    """One connection in one shard of one topic."""

    class Meta(Meta):
        suffix = "subscriptions"

    topic_shard = UnicodeAttribute(hash_key=True)
    connection_id = UnicodeAttribute(range_key=True)
    username = UnicodeAttribute()
    connected_at = NumberAttribute()
    token_expires_at = NumberAttribute()
    expires_at = NumberAttribute()


class TopicRow(Table):
    """A subscribed pattern and the head of its stream."""

    class Meta(Meta):
        suffix = "topics"

    root = UnicodeAttribute(hash_key=True)
    topic = UnicodeAttribute(range_key=True)
    shards = NumberAttribute(null=True)
    live_shards = NumberAttribute(null=True)
    digest = NumberAttribute(null=True)
    seen_at = NumberAttribute(null=True)
    seen_value = NumberAttribute(null=True)
    seen_digest = NumberAttribute(null=True)
    epoch = UnicodeAttribute(null=True)
    seq = NumberAttribute(null=True)


class NotificationRow(Table):
    """A stored notification: its frame as JSON."""

    class Meta(Meta):
        suffix = "notifications"

    stream = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute(range_key=True)
    id = UnicodeAttribute()
    frame = UnicodeAttribute()
    at = NumberAttribute()
    excluded = UnicodeSetAttribute(null=True)
    expires_at = NumberAttribute()


class InboxRow(Table):
    """What a user did with one notification; or, as `watermarks`, with all of them."""

    class Meta(Meta):
        suffix = "inbox"

    username = UnicodeAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    seen_at = NumberAttribute(null=True)
    read_at = NumberAttribute(null=True)
    archived_at = NumberAttribute(null=True)
    generation = NumberAttribute(null=True)
    steps = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()


class UserRow(Table):
    """An account, or the memory of one that was removed."""

    class Meta(Meta):
        suffix = "users"

    username = UnicodeAttribute(hash_key=True)
    password_hash = UnicodeAttribute(null=True)
    roles = UnicodeSetAttribute(null=True)
    tenant = UnicodeAttribute(null=True)
    disabled = BooleanAttribute(default=False)
    revoked_before = NumberAttribute(default=0)
    revoked_sids = UnicodeAttribute(null=True)
    version = NumberAttribute(default=0)
    removed = BooleanAttribute(null=True)
    created_at = NumberAttribute(default=0)


class CredentialRow(Table):
    """A refresh family by its sid, or a ticket by its hash."""

    class Meta(Meta):
        suffix = "credentials"

    credential = UnicodeAttribute(hash_key=True)
    username = UnicodeAttribute()
    secret_hash = UnicodeAttribute(null=True)
    created_at = NumberAttribute(null=True)
    revoked_before = NumberAttribute(null=True)
    principal = UnicodeAttribute(null=True)
    taken_by = UnicodeAttribute(null=True)
    ends_at = NumberAttribute()
    expires_at = NumberAttribute()


class LimitRow(Table):
    """How often something was done, until `ends_at` in ms."""

    class Meta(Meta):
        suffix = "limits"

    key = UnicodeAttribute(hash_key=True)
    used = NumberAttribute(default=0)
    ends_at = NumberAttribute()
    expires_at = NumberAttribute()


class SightingRow(Table):
    """A user who was seen in a topic; `told` once its subscribers have heard so."""

    class Meta(Meta):
        suffix = "presence"

    topic = UnicodeAttribute(hash_key=True)
    username = UnicodeAttribute(range_key=True)
    version = UnicodeAttribute()
    told = BooleanAttribute()
    expires_at = NumberAttribute()


class CounterRow(Table):
    """One shard of a counter. `seen_…`: by how much it differed from what it counts, and when."""

    class Meta(Meta):
        suffix = "counters"

    counter = UnicodeAttribute(hash_key=True)
    shard = NumberAttribute(range_key=True)
    value = NumberAttribute()
    digest = NumberAttribute(null=True)
    seen_at = NumberAttribute(null=True)
    seen_value = NumberAttribute(null=True)
    seen_digest = NumberAttribute(null=True)


class DeadlineRow(Table):
    """What the sweep looks at in some minute: a connection, or a count in the bucket `…#counts`.

    How far the sweep has come is kept here too, in the bucket `swept`.
    """

    class Meta(Meta):
        suffix = "deadlines"

    bucket = UnicodeAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    at = NumberAttribute(null=True)
    topics = UnicodeSetAttribute(null=True)
    told = NumberAttribute(null=True)
    expires_at = NumberAttribute()


class BroadcastRow(Table):
    """Of a broadcast: its job, what is posted, or one of its parts. `body` is what is written as a
    whole, as JSON; the rest changes by itself."""

    class Meta(Meta):
        suffix = "broadcasts"

    broadcast_id = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    written_by = UnicodeAttribute(null=True)
    parts = NumberAttribute(null=True)
    shards = NumberAttribute(null=True)
    queued = NumberAttribute(null=True)
    started_at = NumberAttribute(null=True)
    finished = NumberSetAttribute(null=True)
    failed = NumberSetAttribute(null=True)
    cancelled = BooleanAttribute(null=True)
    expires_at = NumberAttribute()


class AttemptRow(Table):
    """A request under an Idempotency-Key. `attempt` names principal, route and key."""

    class Meta(Meta):
        suffix = "idempotency"

    attempt = UnicodeAttribute(hash_key=True)
    body_hash = UnicodeAttribute()
    notification_id = UnicodeAttribute()
    begun_at = NumberAttribute()
    lease_until = NumberAttribute()
    status = NumberAttribute(null=True)
    answer = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()


class ScheduledRow(Table):
    """A scheduled send in the bucket `item`, an entry of one in a minute's, or the position."""

    class Meta(Meta):
        suffix = "scheduled"

    bucket = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    principal = UnicodeAttribute(null=True)
    request = UnicodeAttribute(null=True)
    at = NumberAttribute(null=True)
    created_at = NumberAttribute(null=True)
    state = UnicodeAttribute(null=True)
    claimed_at = NumberAttribute(null=True)
    lease_until = NumberAttribute(null=True)
    correlation_id = UnicodeAttribute(null=True)
    minute = NumberAttribute(null=True)
    expires_at = NumberAttribute()


MODELS: tuple[type[Table], ...] = (
    ConnectionRow,
    SubscriptionRow,
    TopicRow,
    NotificationRow,
    InboxRow,
    UserRow,
    CredentialRow,
    LimitRow,
    CounterRow,
    BroadcastRow,
    AttemptRow,
    ScheduledRow,
    DeadlineRow,
    SightingRow,
)


def bind(prefix: str, region: str) -> None:
    """Names the tables. PynamoDB reads Meta at a model's first use and not again."""
    for model in MODELS:
        meta: Any = model.Meta
        meta.table_name = prefix + meta.suffix
        meta.region = region


Row = dict[str, Any]


def delete_returning(model: type[Table], *key: str) -> Row | None:
    """Deletes an item and returns its raw attributes to the one caller that really removed it."""
    return model.delete_returning(*key)


def transaction() -> TransactWrite:
    """A transaction over what the models use."""
    return begin_transaction(ConnectionRow.Meta.region)
