"""Fan-out jobs: what the queue of deliveries carries."""

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


Job = ShardJob | RetryJob


def encode_job(job: Job) -> str:
    return msgspec.json.encode(job).decode()


def parse_job(text: str) -> Job:
    """Raises: msgspec.MsgspecError; only our own messages are in the queue."""
    job: Job = msgspec.json.decode(text, type=Job)
    return job
