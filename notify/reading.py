"""Reading on in a stream: what somebody may see of it, and whether anything is missing."""

from msgspec import Struct
from msgspec.structs import replace

from notify.frames import NotificationFrame, StoredNotification
from notify.model import Pattern, Position, Username
from notify.ports import Streams, Users
from notify.topics import owner

NEVER = 2**63


class Stretch(Struct, frozen=True):
    """What follows a number, in order; everything up to `through` is accounted for.

    `gap`: the first number of which nothing is left, `beyond`: the number before the next one of
    which something is. Both are None where nothing is missing.
    """

    frames: tuple[NotificationFrame, ...]
    through: int
    more: bool
    gap: int | None = None
    beyond: int | None = None


class Reader:
    """Reads for one reader at a time."""

    def __init__(self, streams: Streams, users: Users) -> None:
        self._streams = streams
        self._users = users

    def reaches(self, stream: Pattern, seq: int, head: Position, now: int) -> bool:
        """Whether the number has been given. A head may lag behind its stream."""
        if seq <= head.seq:
            return True
        there = self._streams.after(stream, seq - 1, 1, now).through >= seq
        if there:
            self._streams.reached(stream, seq)
        return there

    def read(
        self, stream: Pattern, seq: int, head: Position, reader: Username, limit: int, now: int
    ) -> Stretch:
        """What follows number `seq`. `head` must have been read before: what came later is here."""
        page = self._streams.after(stream, seq, limit, now)
        if page.through > head.seq:
            self._streams.reached(stream, page.through)
        # What was numbered and is not there any more has expired.
        through = page.through if page.more else max(page.through, head.seq)
        gap, beyond = _find_gap(seq, through, page.notifications)
        since = self._since(stream) if page.notifications else 0
        frames = tuple(
            replace(stored.frame, replay=True)
            for stored in page.notifications
            if stored.at >= since and reader not in stored.excluded
        )
        return Stretch(frames, through, page.more, gap, beyond)

    def _since(self, stream: Pattern) -> int:
        """What is older in a user's topics was meant for an earlier user of that name."""
        name = owner(stream)
        if name is None:
            return 0
        user = self._users.get(name)
        return NEVER if user is None else user.created_at


def _find_gap(
    seq: int, through: int, notifications: tuple[StoredNotification, ...]
) -> tuple[int | None, int | None]:
    """The first number that is missing behind `seq`, and the one before the next that is not."""
    expected = seq + 1
    for stored in notifications:
        number = stored.frame.seq or 0
        if number != expected:
            return expected, number - 1
        expected = number + 1
    return (expected, through) if expected <= through else (None, None)
