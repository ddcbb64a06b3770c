"""What users marked in their inboxes, in DynamoDB."""

from collections.abc import Mapping

import msgspec

from infra.rows import Action, Condition, DoesNotExist, PutError, UpdateError
from infra.stores.border import condition_failed, translated
from infra.tables import InboxRow
from notify.errors import Unavailable
from notify.marks import Mark, State, Step, Watermarks
from notify.model import Pattern, Username

# Sorts behind every notification's id, so that one query reads marks and watermarks.
WATERMARKS = "watermarks"
MAX_TRIES = 8
# As long as what they cover may live: a year, and a day for the clocks.
WATERMARKS_MS = 366 * 86_400_000
_STEPS = msgspec.json.Decoder(dict[State, dict[Pattern, tuple[Step, ...]]])


class DynamoMarks:
    """An item for each marked notification, and one for the watermarks.

    Marks are conditional on the generation that they were made at, so that a slow one does not
    undo what its user did since; watermarks on the generation that they follow.
    """

    @translated
    def watermarks(self, username: Username) -> Watermarks:
        try:
            return _watermarks(InboxRow.get(username, WATERMARKS, consistent_read=True))
        except DoesNotExist:
            return Watermarks()

    @translated
    def since(
        self, username: Username, notification_id: str
    ) -> tuple[Mapping[str, Mark], Watermarks]:
        between = InboxRow.entry.between(notification_id, WATERMARKS)
        rows = {row.entry: row for row in InboxRow.query(username, between, consistent_read=True)}
        watermarks = rows.pop(WATERMARKS, None)
        marks = {entry: _mark(row) for entry, row in rows.items()}
        return marks, _watermarks(watermarks) if watermarks is not None else Watermarks()

    @translated
    def mark(
        self,
        username: Username,
        notification_id: str,
        state: State,
        at: int,
        expires_at: int,
        generation: int,
    ) -> bool:
        actions = [*_actions(state, at, generation), InboxRow.expires_at.set(expires_at // 1000)]
        try:
            InboxRow(username, notification_id).update(
                actions=actions, condition=_condition(state, generation)
            )
        except UpdateError as error:
            if condition_failed(error):
                return False
            raise
        return True

    @translated
    def mark_all(
        self, username: Username, state: State, tops: Mapping[Pattern, int], at: int
    ) -> None:
        for _ in range(MAX_TRIES):
            old = self.watermarks(username)
            if _put(username, old, old.raised(state, tops, at), at):
                return
        raise Unavailable("the inbox is busy: try again")


def _put(username: Username, old: Watermarks, new: Watermarks, at: int) -> bool:
    """Whether nobody else has raised them meanwhile."""
    row = InboxRow(
        username,
        WATERMARKS,
        generation=new.generation,
        steps=msgspec.json.encode(new.steps).decode(),
        expires_at=(at + WATERMARKS_MS) // 1000,
    )
    unchanged = InboxRow.generation == old.generation
    try:
        row.save(condition=unchanged if old.generation else InboxRow.entry.does_not_exist())
    except PutError as error:
        if condition_failed(error):
            return False
        raise
    return True


def _actions(state: State, at: int, generation: int) -> list[Action]:
    seen = InboxRow.seen_at.set(InboxRow.seen_at | at)
    if state is State.SEEN:
        return [seen]
    if state is State.ARCHIVED:
        return [InboxRow.archived_at.set(InboxRow.archived_at | at)]
    made_at = InboxRow.generation.set(generation)
    if state is State.UNREAD:
        return [made_at, InboxRow.read_at.remove()]
    return [made_at, seen, InboxRow.read_at.set(InboxRow.read_at | at)]


def _condition(state: State, generation: int) -> Condition | None:
    if state in (State.SEEN, State.ARCHIVED):
        return None  # nothing takes it back, so the order does not matter
    unmarked: Condition = InboxRow.generation.does_not_exist()
    unmarked |= InboxRow.generation <= generation
    return unmarked


def _mark(row: InboxRow) -> Mark:
    return Mark(_int(row.seen_at), _int(row.read_at), _int(row.archived_at), _int(row.generation))


def _watermarks(row: InboxRow) -> Watermarks:
    return Watermarks(int(row.generation), _STEPS.decode(row.steps))


def _int(number: float | None) -> int | None:
    return None if number is None else int(number)
