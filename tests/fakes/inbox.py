"""What users marked in their inboxes, in memory."""

from collections.abc import Mapping

from msgspec.structs import replace

from notify.marks import Mark, State, Watermarks
from notify.model import Pattern, Username


class FakeMarks:
    """`by_user` and `raised` are what the table holds; nothing in them expires."""

    def __init__(self) -> None:
        self.by_user: dict[Username, dict[str, Mark]] = {}
        self.raised: dict[Username, Watermarks] = {}

    def watermarks(self, username: Username) -> Watermarks:
        return self.raised.get(username, Watermarks())

    def since(
        self, username: Username, notification_id: str
    ) -> tuple[Mapping[str, Mark], Watermarks]:
        marks = self.by_user.get(username, {})
        behind = {entry: mark for entry, mark in marks.items() if entry >= notification_id}
        return behind, self.watermarks(username)

    def mark(
        self,
        username: Username,
        notification_id: str,
        state: State,
        at: int,
        expires_at: int,
        generation: int,
    ) -> bool:
        marks = self.by_user.setdefault(username, {})
        mark = marks.get(notification_id, Mark())
        if state in (State.READ, State.UNREAD) and (mark.generation or 0) > generation:
            return False
        if state in (State.SEEN, State.READ) and mark.seen_at is None:
            mark = replace(mark, seen_at=at)
        if state is State.ARCHIVED and mark.archived_at is None:
            mark = replace(mark, archived_at=at)
        if state is State.READ:
            first = at if mark.read_at is None else mark.read_at
            mark = replace(mark, read_at=first, generation=generation)
        if state is State.UNREAD:
            mark = replace(mark, read_at=None, generation=generation)
        marks[notification_id] = mark
        return True

    def mark_all(
        self, username: Username, state: State, tops: Mapping[Pattern, int], at: int
    ) -> None:
        self.raised[username] = self.watermarks(username).raised(state, tops, at)
