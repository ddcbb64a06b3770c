"""What the queues carry: parts of a broadcast to deliver, and what is put off until later."""

import msgspec
from msgspec import Struct

from notify.model import Pattern, Subscriber, Username


class PartJob(Struct, tag="part", frozen=True):
    """Deliver a part of a broadcast, or (PLAN) make its parts. Everything else is in their rows.

    `tries`: how often it was put back because a store did not answer.
    """

    broadcast_id: str
    part: int
    tries: int = 0


class RetryJob(Struct, tag="retry", frozen=True):
    """Post `frame` once more to those whom it did not reach. `attempt` counts from 1."""

    frame: str
    subscribers: tuple[Subscriber, ...]
    attempt: int


class ScheduledJob(Struct, tag="scheduled", frozen=True):
    """Send what was scheduled under that id."""

    id: str


class JoinJob(Struct, tag="join", frozen=True):
    """Look whether the user has come to the topic, and tell its subscribers."""

    topic: Pattern
    username: Username


class LeaveJob(Struct, tag="leave", frozen=True):
    """Look whether the user has left the topic for good, and tell its subscribers."""

    topic: Pattern
    username: Username


class RevokeJob(Struct, tag="revoke", frozen=True):
    """Look which of the user's connections were opened by a login that is no longer good, and close
    them with 4003 and that message."""

    username: Username
    message: str


LaterJob = RetryJob | ScheduledJob | JoinJob | LeaveJob | RevokeJob


def encode_job(job: PartJob | LaterJob) -> str:
    """As SQS takes it: two characters it refuses, and JSON may have them as they are."""
    text = msgspec.json.encode(job).decode()
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def parse_job(text: str) -> PartJob:
    """Of the queue of deliveries. Raises: msgspec.MsgspecError; only our own messages are in it."""
    return msgspec.json.decode(text, type=PartJob)


def parse_later_job(text: str) -> LaterJob:
    """Of the queue for later. Raises: msgspec.MsgspecError."""
    job: LaterJob = msgspec.json.decode(text, type=LaterJob)
    return job
