"""Who is there."""

from msgspec import Struct

from notify.frames import PresentUser
from notify.model import timestamp
from notify.presence import Attendance, Attendances, shown


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


def presence_answer(users: list[Attendance]) -> PresenceAnswer:
    return PresenceAnswer(
        [
            UserPresence(
                each.username,
                each.online,
                each.connections,
                None if each.since is None else timestamp(each.since),
            )
            for each in users
        ]
    )


def topic_presence_answer(found: Attendances) -> TopicPresenceAnswer:
    return TopicPresenceAnswer(found.topic, found.count, shown(found), found.truncated)
