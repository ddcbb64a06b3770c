"""What sends and broadcasts answer, at once or with a time."""

import msgspec
from msgspec import UNSET, Struct, UnsetType

from notify.broadcasts import BroadcastResult
from notify.idempotency import Answer
from notify.model import timestamp
from notify.scheduling import Result, ScheduledResult
from notify.sends import SendResult, UserResult


class SendAnswer(Struct, frozen=True):
    """What became of a send."""

    notification_id: str
    status: str
    results: list[UserResult]
    success: bool = True
    message: str = "Real-time notification sent"
    scheduled_at: str | UnsetType = UNSET


class BroadcastAnswer(Struct, frozen=True):
    """A broadcast that is done, or has a time: 200."""

    pattern: str
    message: str
    notification_id: str
    recipients: int
    delivered: int
    gone: int
    failed: int
    success: bool = True
    dry_run: bool = False
    status: str | UnsetType = UNSET
    scheduled_at: str | UnsetType = UNSET


class QueuedBroadcastAnswer(Struct, frozen=True):
    """A broadcast that the queue does: 202."""

    pattern: str
    message: str
    notification_id: str
    broadcast_id: str
    estimated_recipients: int
    estimated_seconds: int
    status: str = "queued"
    success: bool = True


def publish_answer(result: Result) -> Answer:
    """Of a send, a broadcast, or either with a time."""
    status, body = publish_body(result)
    return Answer(status, msgspec.json.encode(body))


def publish_body(result: Result) -> tuple[int, Struct]:
    if isinstance(result, ScheduledResult):
        return 200, scheduled_answer(result)
    if isinstance(result, SendResult):
        return 200, send_answer(result)
    answer = broadcast_answer(result)
    return (202 if isinstance(answer, QueuedBroadcastAnswer) else 200), answer


def send_answer(result: SendResult) -> SendAnswer:
    return SendAnswer(result.notification_id, result.status, result.results)


def broadcast_answer(result: BroadcastResult) -> BroadcastAnswer | QueuedBroadcastAnswer:
    message = f"Notification broadcasted to pattern {result.pattern}"
    if result.broadcast_id is not None:
        return QueuedBroadcastAnswer(
            pattern=result.pattern,
            message=f"Notification queued for pattern {result.pattern}",
            notification_id=result.notification_id,
            broadcast_id=result.broadcast_id,
            estimated_recipients=result.recipients,
            estimated_seconds=result.estimated_seconds,
        )
    return BroadcastAnswer(
        pattern=result.pattern,
        message=f"Nothing sent: a dry run for {result.pattern}" if result.dry_run else message,
        notification_id=result.notification_id,
        recipients=result.recipients,
        delivered=result.delivered,
        gone=result.gone,
        failed=result.failed,
        dry_run=result.dry_run,
    )


def scheduled_answer(result: ScheduledResult) -> SendAnswer | BroadcastAnswer:
    at = timestamp(result.at)
    if result.pattern is None:
        message = "Real-time notification scheduled"
        return SendAnswer(
            result.notification_id, result.status, [], message=message, scheduled_at=at
        )
    return BroadcastAnswer(
        pattern=result.pattern,
        message=f"Notification scheduled for pattern {result.pattern}",
        notification_id=result.notification_id,
        recipients=0,
        delivered=0,
        gone=0,
        failed=0,
        status=result.status,
        scheduled_at=at,
    )
