"""What the queues carry: shards of a broadcast to deliver, and what is put off until later."""

import msgspec
from msgspec import Struct

from notify.model import ConnectionId, Pattern, Subscriber, Username


class ShardJob(Struct, tag="shard", frozen=True):
    """Post `frame` to the subscribers of one shard that come behind `after`."""

    broadcast_id: str
    frame: str
    pattern: Pattern
    shard: int
    after: ConnectionId | None = None
    exclude_user_ids: tuple[Username, ...] = ()


class RetryJob(Struct, tag="retry", frozen=True):
    """Post `frame` once more to those whom it did not reach. `attempt` counts from 1."""

    frame: str
    subscribers: tuple[Subscriber, ...]
    attempt: int


LaterJob = RetryJob


def encode_job(job: ShardJob | LaterJob) -> str:
    return msgspec.json.encode(job).decode()


def parse_job(text: str) -> ShardJob:
    """Of the queue of deliveries. Raises: msgspec.MsgspecError; only our own messages are in it."""
    return msgspec.json.decode(text, type=ShardJob)


def parse_later_job(text: str) -> LaterJob:
    """Of the queue for later. Raises: msgspec.MsgspecError."""
    return msgspec.json.decode(text, type=LaterJob)
