"""What the HTTP API answers: one struct a body."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from notify.batches import ItemResult, Result
from notify.broadcasts import BroadcastResult
from notify.entries import Entry, InboxCounts
from notify.errors import HeliographError
from notify.frames import NotificationFrame, PresentUser, Sender
from notify.idempotency import Answer
from notify.inbox import InboxPage, Marking
from notify.logins import Grant
from notify.model import Principal, User, timestamp
from notify.parts import JobState
from notify.presence import Attendance, Attendances, shown
from notify.problems import Problem, problem
from notify.progress import Progress
from notify.scheduling import ScheduledResult
from notify.sends import SendResult, UserResult
from notify.stats import Stats
from notify.tickets import IssuedTicket


class UserAnswer(Struct, frozen=True):
    """An account, without anything secret."""

    user_id: str
    roles: list[str]
    tenant: str | None
    disabled: bool | UnsetType = UNSET
    token_expires_at: str | UnsetType = UNSET


class LoginAnswer(Struct, frozen=True):
    """A login or a refresh that went well."""

    access_token: str
    expires_in: int
    refresh_token: str
    user: UserAnswer
    token_type: str = "bearer"  # noqa: S105


class TicketAnswer(Struct, frozen=True):
    """A ticket, and the URL to connect to with it."""

    ticket: str
    expires_in: int
    url: str


class DisconnectAnswer(Struct, frozen=True):
    """How many connections of a user were closed."""

    disconnected: int


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


class HealthAnswer(Struct, frozen=True):
    """The tables answer."""

    status: Literal["ok"] = "ok"


class BatchItem(Struct, frozen=True):
    """What became of one item of a batch: an answer or, in its place, a problem."""

    index: int
    status: int
    answer: Any = UNSET
    problem: Problem | UnsetType = UNSET


class BatchAnswer(Struct, frozen=True):
    """An entry for each item, in order."""

    results: list[BatchItem]


class ShardsDone(Struct, frozen=True):
    """How many of its shards a broadcast has done."""

    total: int
    done: int


class ProgressAnswer(Struct, frozen=True):
    """How far a broadcast is that the queue does."""

    broadcast_id: str
    state: JobState
    pattern: str
    notification_id: str
    shards: ShardsDone
    delivered: int
    gone: int
    failed: int
    eta_seconds: int | None
    created_at: str


class ActiveBroadcasts(Struct, frozen=True):
    """How many broadcasts the queue is at, and how many wait there."""

    running: int
    queued: int


class PubsubStats(Struct, frozen=True):
    """The numbers as the first clients know them."""

    active_subscribers: int
    total_connections: int
    subscribers_by_user: dict[str, int]
    redis_available: bool = False  # There is none: DynamoDB and SQS do its work.


class UserPresence(Struct, frozen=True):
    """Whether a user is online; `since` when, by the oldest of their connections."""

    user_id: str
    online: bool
    connections: int
    since: str | None


class PresenceAnswer(Struct, frozen=True):
    """The users that were asked for."""

    users: list[UserPresence]


class TopicPresenceAnswer(Struct, frozen=True):
    """Who is in a topic."""

    topic: str
    count: int
    users: list[PresentUser]
    truncated: bool


class StatsAnswer(Struct, frozen=True):
    """True numbers about the service."""

    websocket_connections: int
    user_connections: int
    topics: int
    pubsub_stats: PubsubStats
    counters: dict[str, int]
    broadcasts: ActiveBroadcasts
    timestamp: str


class InboxEntry(Struct, frozen=True):
    """A notification in its reader's inbox."""

    id: str
    notification_type: str
    title: str
    message: str
    priority: str
    data: dict[str, Any]
    sender: Sender
    timestamp: str
    stream: str
    topic: str
    epoch: str | None
    seq: int | None
    expires_at: str | None
    collapse_key: str | None
    correlation_id: str | None
    seen_at: str | None
    read_at: str | None
    archived_at: str | None


class PageAnswer(Struct, frozen=True):
    """Where a page ends; `next_cursor` asks for the next one."""

    next_cursor: str | None
    has_more: bool


class InboxAnswer(Struct, frozen=True):
    """A page of one's inbox, and the counts of all of it."""

    entries: list[InboxEntry]
    page: PageAnswer
    counts: InboxCounts


class MarkAnswer(Struct, frozen=True):
    """How many of the ids are in the inbox, and the counts after the mark."""

    count: int
    unread: int
    unseen: int
    total: int


class HistoryAnswer(Struct, frozen=True):
    """What is left of a topic's stream up to `seq`. `epoch`: null if nothing was ever stored."""

    topic: str
    epoch: str | None
    entries: list[NotificationFrame]
    seq: int
    has_more: bool


def user_answer(user: User) -> UserAnswer:
    return UserAnswer(user.username, sorted(user.roles), user.tenant, disabled=user.disabled)


def me_answer(principal: Principal) -> UserAnswer:
    return UserAnswer(
        principal.username,
        sorted(principal.roles),
        principal.tenant,
        token_expires_at=timestamp(principal.token_expires_at),
    )


def login_answer(grant: Grant) -> LoginAnswer:
    user = UserAnswer(grant.user.username, sorted(grant.user.roles), grant.user.tenant)
    return LoginAnswer(grant.access_token, grant.expires_in, grant.refresh_token, user)


def ticket_answer(issued: IssuedTicket, url: str) -> TicketAnswer:
    return TicketAnswer(issued.text, issued.expires_in, f"{url}?token={issued.text}")


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


def inbox_answer(page: InboxPage) -> InboxAnswer:
    return InboxAnswer(
        [_inbox_entry(entry) for entry in page.entries],
        PageAnswer(page.next_cursor, page.next_cursor is not None),
        page.counts,
    )


def mark_answer(made: Marking) -> MarkAnswer:
    counts = made.counts
    return MarkAnswer(len(made.ids), counts.unread, counts.unseen, counts.total)


def _inbox_entry(entry: Entry) -> InboxEntry:
    frame = entry.stored.frame
    return InboxEntry(
        id=frame.id,
        notification_type=frame.notification_type,
        title=frame.title,
        message=frame.message,
        priority=frame.priority,
        data=frame.data,
        sender=frame.sender,
        timestamp=frame.timestamp,
        stream=frame.stream,
        topic=frame.topic,
        epoch=frame.epoch,
        seq=frame.seq,
        expires_at=frame.expires_at,
        collapse_key=frame.collapse_key,
        correlation_id=frame.correlation_id,
        seen_at=_time(entry.seen_at),
        read_at=_time(entry.read_at),
        archived_at=_time(entry.archived_at),
    )


def _time(at: int | None) -> str | None:
    return None if at is None else timestamp(at)


def progress_answer(progress: Progress) -> ProgressAnswer:
    job = progress.job
    return ProgressAnswer(
        broadcast_id=job.id,
        state=job.state,
        pattern=job.pattern,
        notification_id=job.notification_id,
        shards=ShardsDone(job.shards, progress.shards_done),
        delivered=progress.delivered,
        gone=progress.gone,
        failed=progress.failed,
        eta_seconds=progress.eta_seconds,
        created_at=timestamp(job.created_at),
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


def publish_answer(result: Result) -> Answer:
    """Of a send, a broadcast, or either with a time."""
    status, body = _publish_answer(result)
    return Answer(status, msgspec.json.encode(body))


def _publish_answer(result: Result) -> tuple[int, Struct]:
    if isinstance(result, ScheduledResult):
        return 200, scheduled_answer(result)
    if isinstance(result, SendResult):
        return 200, send_answer(result)
    answer = broadcast_answer(result)
    return (202 if isinstance(answer, QueuedBroadcastAnswer) else 200), answer


def batch_answer(results: list[ItemResult], request_id: str) -> Answer:
    items = [_batch_item(each, request_id) for each in results]
    body = msgspec.json.encode(BatchAnswer(items))
    return Answer(200, body, final=all(item.status < 500 for item in items))


def _batch_item(item: ItemResult, request_id: str) -> BatchItem:
    if isinstance(item.outcome, HeliographError):
        refusal = problem(item.outcome, request_id)
        return BatchItem(item.index, refusal.status, problem=refusal)
    status, answer = _publish_answer(item.outcome)
    return BatchItem(item.index, status, answer=answer)


def presence_answer(users: list[Attendance]) -> PresenceAnswer:
    return PresenceAnswer(
        [
            UserPresence(
                each.username,
                each.online,
                each.connections,
                _time(each.since),
            )
            for each in users
        ]
    )


def topic_presence_answer(found: Attendances) -> TopicPresenceAnswer:
    return TopicPresenceAnswer(found.topic, found.count, shown(found), found.truncated)


def stats_answer(stats: Stats, now: int) -> StatsAnswer:
    totals = stats.totals
    return StatsAnswer(
        websocket_connections=totals.connections,
        user_connections=totals.users,
        topics=totals.topics,
        pubsub_stats=PubsubStats(totals.users, totals.connections, stats.connections_by_user),
        counters=dict(totals.counters),
        broadcasts=ActiveBroadcasts(stats.running, stats.queued),
        timestamp=timestamp(now),
    )
