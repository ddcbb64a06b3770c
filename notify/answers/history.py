"""What is left of a stream."""

from msgspec import Struct

from notify.frames import NotificationFrame


class HistoryAnswer(Struct, frozen=True):
    """What is left of a topic's stream up to `seq`. `epoch`: null if nothing was ever stored."""

    topic: str
    epoch: str | None
    entries: list[NotificationFrame]
    seq: int
    has_more: bool
