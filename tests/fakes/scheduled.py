"""Scheduled sends and their timetable, in memory."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from notify.timetable import ScheduledSend


class FakeScheduled:
    def __init__(self) -> None:
        self.items: dict[str, ScheduledSend] = {}

    def add(self, item: ScheduledSend) -> ScheduledSend:
        return self.items.setdefault(item.id, item)

    def get(self, id: str) -> ScheduledSend | None:
        return self.items.get(id)

    def get_each(self, ids: Iterable[str]) -> Mapping[str, ScheduledSend]:
        return {each: self.items[each] for each in ids if each in self.items}

    def change(self, seen: ScheduledSend, to: ScheduledSend) -> bool:
        stored = self.items.get(seen.id)
        if stored is None or (stored.state, stored.lease_until) != (seen.state, seen.lease_until):
            return False
        self.items[seen.id] = replace(
            stored,
            state=to.state,
            lease_until=to.lease_until,
            claimed_at=stored.claimed_at if to.claimed_at is None else to.claimed_at,
        )
        return True


class FakeTimetable:
    def __init__(self) -> None:
        self.minutes: dict[int, list[str]] = {}
        self.at: int | None = None

    def put(self, minute: int, ids: Iterable[str], expires_at: int) -> None:
        listed = self.minutes.setdefault(minute, [])
        listed += [each for each in ids if each not in listed]

    def due(self, minute: int, limit: int) -> list[str]:
        return self.minutes.get(minute, [])[:limit]

    def remove(self, minute: int, ids: Iterable[str]) -> None:
        gone = set(ids)
        self.minutes[minute] = [each for each in self.minutes.get(minute, []) if each not in gone]

    def position(self) -> int | None:
        return self.at

    def begin(self, minute: int) -> None:
        self.at = minute if self.at is None else self.at

    def advance(self, minute: int) -> None:
        self.at = minute if self.at is None else max(self.at, minute)
