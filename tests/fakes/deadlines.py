"""What the sweep keeps, in memory."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from notify.deadlines import MINUTE_MS
from notify.model import ConnectionId
from notify.parts import Shard
from notify.ports import PAGE_SIZE, TOTALS, Deadline, Look
from notify.topics import part_of, root, user_root

if TYPE_CHECKING:
    from tests.fakes import Memory


class FakeDeadlines:
    """`by_minute` holds what is to come; a row is written over by one of the same minute."""

    def __init__(self) -> None:
        self.by_minute: dict[int, dict[ConnectionId, Deadline]] = defaultdict(dict)
        self.finished: int | None = None

    def of(self, connection_id: str) -> list[Deadline]:
        minutes = [self.by_minute[minute] for minute in sorted(self.by_minute)]
        return [each for row in minutes for who, each in row.items() if who == connection_id]

    def put(self, deadlines: Iterable[Deadline]) -> None:
        for deadline in deadlines:
            self.by_minute[_minute(deadline)][deadline.connection_id] = deadline

    def due(self, minute: int) -> Iterator[list[Deadline]]:
        waiting = list(self.by_minute.get(minute, {}).values())
        for start in range(0, len(waiting), PAGE_SIZE):
            yield waiting[start : start + PAGE_SIZE]

    def drop(self, deadlines: Iterable[Deadline]) -> None:
        for deadline in deadlines:
            self.by_minute[_minute(deadline)].pop(deadline.connection_id, None)

    def swept(self) -> int | None:
        return self.finished

    def finish(self, minute: int) -> None:
        self.finished = minute


def _minute(deadline: Deadline) -> int:
    return -(-deadline.at // MINUTE_MS)


class FakeRecounts:
    """Here counts are what is counted: there is nothing to correct, only to remove. `found` says
    what looks come to beside that, `looked` where one has looked."""

    def __init__(self, memory: "Memory") -> None:
        self._memory = memory
        self.by_minute: dict[int, set[Shard]] = defaultdict(set)
        self.looked: list[Shard] = []
        self.found: dict[Shard, list[Look]] = {}

    def look(self, place: Shard, now: int) -> Look:
        self.looked.append(place)
        members = {} if place.pattern == TOTALS else self._memory.members.get(place.pattern, {})
        expired = [
            who
            for who, member in members.items()
            if member.shard == place.number and self._memory.expires_at[who] <= now
        ]
        for who in expired:
            del members[who]
        found = self.found.get(place)
        return found.pop(0) if found else Look(expired=len(expired))

    def places(self, part: int) -> Iterator[Shard]:
        for pattern in list(self._memory.members):
            if part_of(root(pattern)) == part and root(pattern) != user_root(part):
                for number in range(self._memory.shards.get(pattern, 1)):
                    yield Shard(pattern, number)

    def put(self, places: Iterable[Shard], minute: int) -> None:
        self.by_minute[minute].update(places)

    def due(self, minute: int) -> Iterator[list[Shard]]:
        waiting = list(self.by_minute.get(minute, ()))
        for start in range(0, len(waiting), PAGE_SIZE):
            yield waiting[start : start + PAGE_SIZE]

    def drop(self, places: Iterable[Shard], minute: int) -> None:
        self.by_minute[minute].difference_update(places)
