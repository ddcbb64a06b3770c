"""What is stored of a topic, page by page."""

from dataclasses import dataclass, field
from typing import Self

from .fields import Body, mappings, number, text
from .frames import Notification
from .gaps import Position
from .wire import read_notification


@dataclass(frozen=True, slots=True)
class History:
    """In order, without what has expired. `position`: where the next page begins; None if nothing
    was ever stored."""

    topic: str
    entries: tuple[Notification, ...]
    position: Position | None
    has_more: bool
    body: Body = field(repr=False)

    @classmethod
    def read(cls, body: Body) -> Self:
        epoch, seq = text(body, "epoch"), number(body, "seq")
        return cls(
            topic=text(body, "topic"),
            entries=tuple(read_notification(entry) for entry in mappings(body, "entries")),
            position=Position(epoch, seq) if epoch and seq is not None else None,
            has_more=body.get("has_more") is True,
            body=body,
        )
