"""Broadcasts that the queue does, in DynamoDB.

A broadcast has a row for its job, one for what is posted (which is large and never changes) and one
for each of its parts. What several workers write to is a set or a flag of the job's row: adding to
it twice does no harm, and no order of additions is wrong.
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from infra.rows import Action, Condition, DoesNotExist, PutError, UpdateError, size
from infra.stores.border import condition_failed, translated
from infra.tables import BroadcastRow
from notify.parts import Announcement, BroadcastJob, JobState, Part
from notify.ports import Clock, NewId

KEPT_MS = 7 * 24 * 60 * 60 * 1000
JOB, ANNOUNCEMENT, PART = "job", "announcement", "part#"
# The partition that lists the broadcasts which wait or run. No broadcast has this id.
ACTIVE = "active"
OVER = (JobState.DONE, JobState.CANCELLED)


class DynamoBroadcastJobs:
    """Each row is written by one conditional write, or by an addition that may be repeated."""

    def __init__(self, clock: Clock, new_id: NewId) -> None:
        self._clock = clock
        self._new_id = new_id

    @translated
    def begin(self, job: BroadcastJob, announcement: Announcement) -> bool:
        """Listed first, so that none is forgotten; the job last, which makes it one."""
        BroadcastRow(ACTIVE, job.id, expires_at=_expires_at(job)).save()
        _add(job, ANNOUNCEMENT, announcement)
        return _add(job, JOB, job, shards=job.shards)

    @translated
    def get(self, broadcast_id: str) -> BroadcastJob | None:
        row = _row(broadcast_id, JOB)
        # DynamoDB's TTL deletes hours late.
        return _job(row) if row and row.expires_at * 1000 > self._clock() else None

    @translated
    def announcement(self, broadcast_id: str) -> Announcement:
        row = BroadcastRow.get(broadcast_id, ANNOUNCEMENT, consistent_read=True)
        return msgspec.json.decode(row.body, type=Announcement)

    @translated
    def add_part(self, job: BroadcastJob, part: Part) -> bool:
        return _add(job, _key(part.number), part)

    @translated
    def planned(self, broadcast_id: str, parts: int, shards: int) -> None:
        _change(broadcast_id, BroadcastRow.parts.set(parts), BroadcastRow.shards.set(shards))

    @translated
    def queued(self, broadcast_id: str, parts: int) -> None:
        _change(broadcast_id, BroadcastRow.queued.set(parts))

    @translated
    def part(self, broadcast_id: str, number: int) -> Part | None:
        row = _row(broadcast_id, _key(number))
        return _part(row) if row else None

    @translated
    def parts(self, broadcast_id: str) -> list[Part]:
        rows = BroadcastRow.query(
            broadcast_id, BroadcastRow.part.startswith(PART), consistent_read=True
        )
        return [_part(row) for row in rows]

    @translated
    def checkpoint(self, broadcast_id: str, part: Part) -> Part | None:
        written, writer = replace(part, version=part.version + 1), self._new_id()
        try:
            BroadcastRow(broadcast_id, _key(part.number)).update(
                actions=[
                    BroadcastRow.body.set(_json(written)),
                    BroadcastRow.version.set(written.version),
                    BroadcastRow.written_by.set(writer),
                ],
                condition=BroadcastRow.version == part.version,
            )
        except UpdateError as error:
            if not condition_failed(error):
                raise
            return written if _is_by(writer, broadcast_id, part.number) else None
        return written

    @translated
    def start(self, broadcast_id: str, now: int) -> None:
        _change(broadcast_id, BroadcastRow.started_at.set(BroadcastRow.started_at | now))

    @translated
    def finish(self, broadcast_id: str, number: int) -> BroadcastJob | None:
        not_cancelled = BroadcastRow.cancelled.does_not_exist()
        _change(broadcast_id, BroadcastRow.finished.add({number}), condition=not_cancelled)
        return _unlisted_if_over(self.get(broadcast_id))

    @translated
    def fail(self, broadcast_id: str, number: int) -> None:
        _change(broadcast_id, BroadcastRow.failed.add({number}))

    @translated
    def resume(self, broadcast_id: str, number: int) -> None:
        _change(broadcast_id, BroadcastRow.failed.delete({number}))

    @translated
    def cancel(self, broadcast_id: str) -> BroadcastJob | None:
        """Either the last part is done first, or it is cancelled first: never both."""
        while (job := self.get(broadcast_id)) is not None:
            if job.state in OVER or _cancel(job):
                return _unlisted_if_over(self.get(broadcast_id))
        return None

    @translated
    def active(self) -> list[BroadcastJob]:
        keys = [(row.part, JOB) for row in BroadcastRow.query(ACTIVE, consistent_read=True)]
        jobs = map(_job, BroadcastRow.batch_get(keys, consistent_read=True))
        return [job for job in jobs if job.is_active]


def _is_by(writer: str, broadcast_id: str, number: int) -> bool:
    """DynamoDB's client repeats a write whose answer is lost, and then finds what it wrote. The
    body does not tell: another worker at the same page writes the same."""
    row = _row(broadcast_id, _key(number))
    return row is not None and row.written_by == writer


def _cancel(job: BroadcastJob) -> bool:
    undone: Condition = BroadcastRow.parts.does_not_exist()
    if job.parts is not None:
        fewer: Condition = size(BroadcastRow.finished) < job.parts  # type: ignore[no-untyped-call]
        undone = BroadcastRow.finished.does_not_exist() | fewer
    return _change(job.id, BroadcastRow.cancelled.set(True), condition=undone)


def _change(broadcast_id: str, *actions: Action, condition: Condition | None = None) -> bool:
    """Whether the condition held. A job that TTL has taken is not begun anew by half."""
    exists: Condition = BroadcastRow.part.exists()
    try:
        BroadcastRow(broadcast_id, JOB).update(
            actions=list(actions), condition=exists if condition is None else exists & condition
        )
    except UpdateError as error:
        if condition_failed(error):
            return False
        raise
    return True


def _unlisted_if_over(job: BroadcastJob | None) -> BroadcastJob | None:
    if job is not None and job.state in OVER:
        BroadcastRow(ACTIVE, job.id).delete()
    return job


def _add(
    job: BroadcastJob, part: str, body: BroadcastJob | Announcement | Part, shards: int = 0
) -> bool:
    """Whether it was not there."""
    row = BroadcastRow(
        job.id, part, body=_json(body), version=0, shards=shards, expires_at=_expires_at(job)
    )
    try:
        row.save(condition=BroadcastRow.part.does_not_exist())
    except PutError as error:
        if condition_failed(error):
            return False
        raise
    return True


def _row(broadcast_id: str, part: str) -> BroadcastRow | None:
    try:
        return BroadcastRow.get(broadcast_id, part, consistent_read=True)
    except DoesNotExist:
        return None


def _key(number: int) -> str:
    return f"{PART}{number:06}"


def _expires_at(job: BroadcastJob) -> int:
    return (job.created_at + KEPT_MS) // 1000


def _json(body: Any) -> str:
    return msgspec.json.encode(body).decode()


def _part(row: BroadcastRow) -> Part:
    return msgspec.json.decode(row.body or "", type=Part)


def _job(row: BroadcastRow) -> BroadcastJob:
    begun = msgspec.json.decode(row.body or "", type=BroadcastJob)
    return replace(
        begun,
        parts=int(row.parts) if row.parts else None,
        shards=int(row.shards or 0),
        queued=int(row.queued or 0),
        started_at=int(row.started_at) if row.started_at else None,
        finished=frozenset(map(int, row.finished or ())),
        failed=frozenset(map(int, row.failed or ())),
        cancelled=bool(row.cancelled),
    )
