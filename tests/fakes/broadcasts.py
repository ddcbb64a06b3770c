"""Broadcasts that the queue does, in memory."""

from typing import Any

from msgspec.structs import replace

from notify.parts import Announcement, BroadcastJob, JobState, Part


class FakeBroadcastJobs:
    """A dictionary each; nothing expires."""

    def __init__(self) -> None:
        self.by_id: dict[str, BroadcastJob] = {}
        self.announcements: dict[str, Announcement] = {}
        self.parts_of: dict[str, dict[int, Part]] = {}

    def begin(self, job: BroadcastJob, announcement: Announcement) -> bool:
        self.announcements.setdefault(job.id, announcement)
        return self.by_id.setdefault(job.id, job) is job

    def get(self, broadcast_id: str) -> BroadcastJob | None:
        return self.by_id.get(broadcast_id)

    def announcement(self, broadcast_id: str) -> Announcement:
        return self.announcements[broadcast_id]

    def add_part(self, job: BroadcastJob, part: Part) -> bool:
        return self.parts_of.setdefault(job.id, {}).setdefault(part.number, part) is part

    def planned(self, broadcast_id: str, parts: int, shards: int) -> None:
        self._change(broadcast_id, parts=parts, shards=shards)

    def queued(self, broadcast_id: str, parts: int) -> None:
        self._change(broadcast_id, queued=parts)

    def part(self, broadcast_id: str, number: int) -> Part | None:
        return self.parts_of.get(broadcast_id, {}).get(number)

    def parts(self, broadcast_id: str) -> list[Part]:
        parts = self.parts_of.get(broadcast_id, {})
        return [parts[number] for number in sorted(parts)]

    def checkpoint(self, broadcast_id: str, part: Part) -> Part | None:
        if self.parts_of[broadcast_id][part.number].version != part.version:
            return None
        written = replace(part, version=part.version + 1)
        self.parts_of[broadcast_id][part.number] = written
        return written

    def start(self, broadcast_id: str, now: int) -> None:
        job = self.get(broadcast_id)
        if job is not None and job.started_at is None:
            self._change(broadcast_id, started_at=now)

    def finish(self, broadcast_id: str, number: int) -> BroadcastJob | None:
        job = self.get(broadcast_id)
        if job is None or job.cancelled:
            return job
        return self._change(broadcast_id, finished=job.finished | {number})

    def fail(self, broadcast_id: str, number: int) -> None:
        if job := self.get(broadcast_id):
            self._change(broadcast_id, failed=job.failed | {number})

    def resume(self, broadcast_id: str, number: int) -> None:
        if job := self.get(broadcast_id):
            self._change(broadcast_id, failed=job.failed - {number})

    def cancel(self, broadcast_id: str) -> BroadcastJob | None:
        job = self.get(broadcast_id)
        if job is None or job.state is JobState.DONE:
            return job
        return self._change(broadcast_id, cancelled=True)

    def active(self) -> list[BroadcastJob]:
        return [job for job in self.by_id.values() if job.is_active]

    def _change(self, broadcast_id: str, **fields: Any) -> BroadcastJob | None:
        """Does nothing where there is no such job."""
        if broadcast_id in self.by_id:
            self.by_id[broadcast_id] = replace(self.by_id[broadcast_id], **fields)
        return self.by_id.get(broadcast_id)
