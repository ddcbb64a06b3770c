"""Who is online, and who is in a topic: read from the subscriptions, never from a counter."""

from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec import Struct

from notify.errors import Forbidden, Invalid
from notify.fanout import every_page, own_subscribers
from notify.frames import Frame, PresenceState, PresentUser
from notify.messages import PresenceQuery
from notify.model import Connection, Pattern, Principal, Subscriber, Topic, Username, timestamp
from notify.ports import (
    Audience,
    Clock,
    Connections,
    Sighting,
    Sightings,
    Subscriptions,
)
from notify.topics import TopicPolicy, WatchedTopics, parse_segment, parse_topic, user_topic

MAX_USERS = 100  # that are asked for at once, or shown
MAX_PAGES = 10  # that are read of one topic: 1,000 rows
MAX_ANNOUNCED = 200  # that are read; nobody is told of more than a hundred connections
MAX_OWN = 100  # connections of the asker that are looked at
MAX_TRIES = 3


class Attendance(Struct, frozen=True):
    """A user's connections, and when the oldest of them was opened (ms)."""

    username: Username
    connections: int
    since: int | None

    @property
    def online(self) -> bool:
        return self.connections > 0


class Attendances(Struct, frozen=True):
    """Who is in a topic: up to MAX_USERS of `count`, which is too low if not all rows were read."""

    topic: Topic
    count: int
    users: list[Attendance]
    truncated: bool


class Presence:
    """Answers who is there to who may know."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        connections: Connections,
        sightings: Sightings,
        policy: TopicPolicy,
        watched: WatchedTopics,
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._connections = connections
        self._sightings = sightings
        self._policy = policy
        self._watched = watched
        self._clock = clock

    def of_users(self, by: Principal, names: Iterable[str]) -> list[Attendance]:
        """Each user once, in the order given; who does not exist is not online.

        Raises: Invalid, Forbidden naming the first who is not to be seen.
        """
        asked = list(dict.fromkeys(names))
        if asked == [""]:
            raise Invalid("user_ids: required")
        usernames = [Username(parse_segment(name, "user_ids")) for name in asked]
        if len(usernames) > MAX_USERS:
            raise Invalid(f"user_ids: at most {MAX_USERS}")
        for username in usernames:
            self._require(by, user_topic(username))
        topics = [user_topic(username) for username in usernames]
        audiences = {each.pattern: each for each in self._subscriptions.exactly(topics)}
        return [self._of_user(name, audiences.get(user_topic(name))) for name in usernames]

    def of_topic(self, by: Principal, text: str) -> Attendances:
        """Raises: Invalid, Forbidden."""
        topic = parse_topic(text)
        own = connections_of(by.username, self._subscriptions, self._connections, self._clock())
        self._require(by, topic, (held for each in islice(own, MAX_OWN) for held in each.topics))
        return self._read(topic)

    def state(self, connection: Connection, message: PresenceQuery, now: int) -> list[Frame]:
        topic = parse_topic(message.topic)
        self._require(connection.principal, topic, connection.topics)
        found = self._read(topic)
        return [PresenceState(topic, found.count, shown(found), found.truncated, id=message.id)]

    def _require(self, by: Principal, topic: Topic, held: Iterable[Pattern] = ()) -> None:
        if not self._policy.may_see_presence(by, topic, held):
            raise Forbidden(f"not allowed to see who is in {topic}")

    def _of_user(self, username: Username, audience: Audience | None) -> Attendance:
        members = self._members(audience)[0] if audience is not None else []
        # Who watches the user by a capability does not make them online.
        return _attendance(username, [each for each in members if each.username == username])

    def _read(self, topic: Topic) -> Attendances:
        """Who is there; and whoever is not, but has been told to be, is withdrawn.

        They may be back before anybody hears that they have left. Then the others must hear that
        they have come: who asks now learns that they are not there.
        """
        for _ in range(MAX_TRIES):
            # In this order: who comes in between has a new sighting, and is counted next time.
            told = self._told(topic)
            members, complete = self._in_topic(topic)
            names = {member.username for member in members}
            absent = [each for each in told.items() if each[0] not in names]
            if not complete or all(self._withdraw(topic, *each) for each in absent):
                break
        return _attendances(topic, members, complete)

    def _told(self, topic: Topic) -> dict[Username, Sighting]:
        if topic not in self._watched:
            return {}
        found = self._sightings.of_topic(topic, MAX_ANNOUNCED, self._clock())
        return {name: sighting for name, sighting in found.items() if sighting.told}

    def _withdraw(self, topic: Topic, username: Username, sighting: Sighting) -> bool:
        return self._sightings.withdraw(topic, username, sighting) is not None

    def _in_topic(self, topic: Topic) -> tuple[list[Subscriber], bool]:
        audiences = self._subscriptions.exactly([topic])
        return self._members(audiences[0]) if audiences else ([], True)

    def _members(self, audience: Audience) -> tuple[list[Subscriber], bool]:
        """As many as MAX_PAGES hold, and whether that is all."""
        pages = every_page(self._subscriptions, audience, self._clock())
        members = [each for page in islice(pages, MAX_PAGES) for each in page.subscribers]
        return members, not any(page.subscribers for page in pages)


def connections_of(
    username: Username, subscriptions: Subscriptions, connections: Connections, now: int
) -> Iterator[Connection]:
    """The user's open connections, each with all its topics."""
    for subscriber in own_subscribers(subscriptions, username, now):
        connection = connections.get(subscriber.connection_id)
        if connection is not None:
            yield connection


def shown(found: Attendances) -> list[PresentUser]:
    """The users as the wire spells them."""
    return [
        PresentUser(each.username, each.connections, timestamp(each.since))
        for each in found.users
        if each.since is not None
    ]


def _attendances(topic: Topic, members: list[Subscriber], complete: bool) -> Attendances:
    by_user: dict[Username, list[Subscriber]] = {}
    for member in members:
        by_user.setdefault(member.username, []).append(member)
    users = [_attendance(name, by_user[name]) for name in sorted(by_user)]
    truncated = not complete or len(users) > MAX_USERS
    return Attendances(topic, len(users), users[:MAX_USERS], truncated)


def _attendance(username: Username, own: list[Subscriber]) -> Attendance:
    since = min((each.connected_at for each in own), default=None)
    return Attendance(username, len(own), since)
