"""What the rules need from the world; infra has the real ones, tests/fakes.py those in memory."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import Enum
from typing import Protocol

from msgspec import Struct

from notify.codes import Code
from notify.credentials import Family, Ticket
from notify.frames import NotificationFrame, StoredNotification
from notify.jobs import LaterJob, PartJob
from notify.marks import Mark, State, Watermarks
from notify.model import (
    Connection,
    ConnectionId,
    Pattern,
    Position,
    Principal,
    Subscriber,
    User,
    Username,
)
from notify.parts import Announcement, BroadcastJob, Part, Shard

# Subscribers that are read, posted to and accounted for at once. Even if each of them hangs, they
# take less than the time a delivery keeps in reserve.
PAGE_SIZE = 100
# Streams that one connection acknowledges: what its row has room for.
MAX_ACKED = 500

Clock = Callable[[], int]  # milliseconds since the epoch
Sleep = Callable[[float], None]  # for so many seconds
NewId = Callable[[], str]  # unguessable, and different every time


class Users(Protocol):
    """Accounts by username."""

    def get(self, username: Username) -> User | None: ...

    def get_each(self, usernames: Iterable[Username]) -> Mapping[Username, User]:
        """Those that there are, in one read of up to 100."""

    def add(self, user: User) -> None:
        """Raises: Conflict if the name is taken."""

    def replace(self, user: User) -> None:
        """Raises: Unknown; Conflict if the user has changed since `user.version` was read."""

    def end_family(self, user: User, sid: str) -> None:
        """The same, and ends the family of refresh tokens of that `sid`: both or neither. Raises:
        as above."""

    def remove(self, username: Username, now: int) -> None:
        """Remembers when, so that the next user of that name has it as `revoked_before`.

        Raises: Unknown.
        """

    def revoke_before(self, username: Username, at: int) -> None:
        """Raises `revoked_before` to `at` (ms), also what a removed user has left; does nothing
        where it is later already, or nobody ever had the name."""


# Its shards are the parts of the directory of topics: where totals are counted. It is no pattern.
TOTALS = Pattern("#")


class Credentials(Protocol):
    """Refresh tokens and tickets, by their hashes."""

    def add_family(self, family: Family) -> None: ...

    def family(self, sid: str, now: int) -> Family | None: ...

    def rotate(self, family: Family, secret_hash: str, now: int) -> bool:
        """Puts `secret_hash` in the place of the family's own, in one conditional write. False
        where that is not the newest any more, or the family has ended."""

    def remove_family(self, sid: str) -> None: ...

    def add_ticket(self, ticket: Ticket) -> None: ...

    def take_ticket(self, hash: str, now: int) -> Principal | None:
        """Whom it lets in, to one caller only."""


class Limits(Protocol):
    """Counts that are forgotten at a certain time, in ms."""

    def add(self, key: str, amount: int, ends_at: int, now: int) -> int:
        """The new count, which lives until `ends_at`; an old one that has ended starts anew."""

    def read(self, key: str, now: int) -> tuple[int, int]:
        """The count and its end; 0 where there is none."""

    def clear(self, key: str) -> None: ...


class Connections(Protocol):
    """Open connections and what they are subscribed to.

    Every member of a topic is counted exactly once, however often its row is written or removed.
    What somebody has begun to close counts as closed but for `close`, `forget` and `get_each`.
    """

    def open(self, connection: Connection) -> None:
        """Stores the connection and a subscription for each of its topics."""

    def get(self, connection_id: ConnectionId) -> Connection | None: ...

    def subscribe(self, connection: Connection, pattern: Pattern, limit: int) -> None:
        """Does nothing if it is subscribed already.

        Raises: Unknown if the connection is closed; Invalid if it holds `limit` topics, or held
        them when it was read; Conflict if another token has followed the one that this was decided
        for; RateLimited if nobody has held the topic before and its user was the first in too many.
        """

    def unsubscribe(self, connection: Connection, pattern: Pattern) -> None:
        """Does nothing if it is not subscribed. Raises: Conflict as above."""

    def renew(self, connection: Connection, principal: Principal) -> Connection:
        """Puts the principal, of the same user, in the place of the one before; returns the
        connection as it is then. No subscription of it outlives a token that ends earlier.

        Raises: Unknown if the connection is closed, Conflict if another token came first.
        """

    def extend(self, subscriber: Subscriber, token_expires_at: int) -> None:
        """Tells that very subscription of the connection's new token, if nobody has yet."""

    def acknowledge(self, connection_id: ConnectionId, stream: Pattern, seq: int) -> bool:
        """Everything of the stream up to `seq` has arrived. Whether that is news.

        Raises: Unknown if the connection is closed, Invalid for more than MAX_ACKED streams.
        """

    def close(self, connection_id: ConnectionId) -> Connection | None:
        """Removes the connection and its subscriptions; returns it to one caller only."""

    def forget(self, subscriber: Subscriber) -> Connection | None:
        """`close`, and that very subscription even where the connection's row is lost."""

    def get_each(self, connection_ids: Iterable[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        """Those that have a row, also one whose time is over or that is `closing`; in one read of
        up to 100."""

    def clear(self, lost: Mapping[ConnectionId, frozenset[Pattern]]) -> set[Shard]:
        """Removes what a crash may have left of connections without a row: subscriptions to these
        topics. Returns where they were counted."""


class Audience(Struct, frozen=True):
    """A pattern that may have subscribers, and over how many shards they are spread."""

    pattern: Pattern
    shards: int


class Page(Struct, frozen=True):
    """Some subscribers of a shard; `after` continues behind them, None at the end."""

    subscribers: tuple[Subscriber, ...]
    after: ConnectionId | None


class Subscriptions(Protocol):
    """The members of topics, read by the fan-out."""

    def audiences(self, pattern: Pattern) -> list[Audience]:
        """Every pattern whose subscribers a broadcast to `pattern` reaches; some may have none."""

    def exactly(self, patterns: Iterable[Pattern]) -> list[Audience]:
        """Those of these very patterns that may have subscribers, in one read."""

    def sizes(self, audiences: Iterable[Audience]) -> Mapping[Shard, int]:
        """About how many are in each shard; one that is not named is empty. Nothing that is
        delivered depends on it."""

    def page(
        self, pattern: Pattern, shard: int, after: ConnectionId | None, limit: int, now: int
    ) -> Page:
        """Subscribers whose rows have not expired at `now`."""


class Sighting(Struct, frozen=True):
    """That a user is in a topic. `told`: whether its subscribers have heard so, and nothing else
    since. `version` is another one each time it is made, renewed or withdrawn."""

    version: str
    told: bool


class Sightings(Protocol):
    """Who is announced in which topic, until a time (ms) after which they are not.

    Who decides on a sighting that has changed meanwhile decides nothing.
    """

    def get(self, topic: Pattern, username: Username, now: int) -> Sighting | None: ...

    def of_topic(self, topic: Pattern, limit: int, now: int) -> Mapping[Username, Sighting]:
        """Up to `limit` of those in the topic."""

    def announce(self, topic: Pattern, username: Username, now: int, expires_at: int) -> Sighting:
        """Makes it, not yet told, or renews it, as told as it was."""

    def confirm(self, topic: Pattern, username: Username, sighting: Sighting) -> None:
        """It is told, unless it has changed."""

    def withdraw(self, topic: Pattern, username: Username, sighting: Sighting) -> Sighting | None:
        """It is told no longer: who comes back is announced anew. None if it has changed."""

    def remove(self, topic: Pattern, username: Username, sighting: Sighting) -> None:
        """It is gone, unless it has changed."""


class StreamPage(Struct, frozen=True):
    """Part of a stream, without what has expired. Everything up to (or, backwards, down to) number
    `through` has been read; `more` says whether there is anything beyond."""

    notifications: tuple[StoredNotification, ...]
    through: int
    more: bool


class Branch(Struct, frozen=True):
    """The streams below a wildcard; `more`: it has more topics than were asked for."""

    heads: Mapping[Pattern, Position]
    more: bool


class Streams(Protocol):
    """Numbered notifications."""

    def head(self, stream: Pattern) -> Position:
        """Where the stream stands; seq 0 before its first notification."""

    def heads(self, streams: Iterable[Pattern]) -> Mapping[Pattern, Position]:
        """Where each of them stands, in one read."""

    def begun(self, streams: Iterable[Pattern]) -> Mapping[Pattern, Position]:
        """The same for those that have begun; nothing is begun by asking."""

    def below(self, wildcard: Pattern, limit: int) -> Branch:
        """The same for the topics and wildcards below a wildcard, itself not among them, as long
        as they are no more than `limit`. Not for `user:*`, which nobody can list."""

    def append(
        self,
        frame: NotificationFrame,
        at: int,
        expires_at: int,
        excluded: frozenset[Username] = frozenset(),
    ) -> NotificationFrame:
        """Stores it under the next number of `frame.stream`, and returns it with that number."""

    def after(self, stream: Pattern, seq: int, limit: int, now: int) -> StreamPage:
        """What follows number `seq`, in order."""

    def before(self, stream: Pattern, seq: int | None, limit: int, now: int) -> StreamPage:
        """What precedes number `seq`, newest first; None for the newest of all."""

    def numbered(
        self, places: Collection[tuple[Pattern, int]]
    ) -> Mapping[tuple[Pattern, int], StoredNotification]:
        """Of those numbers of streams the ones that are taken, also by what has expired and is not
        removed yet; in one read."""

    def reached(self, stream: Pattern, seq: int) -> None:
        """Somebody has seen that number: it is never given again, even once its notification has
        expired and though the head lagged behind it."""

    def find(self, stream: Pattern, notification_id: str, since: int) -> NotificationFrame | None:
        """The notification of that id, if it was stored at `since` (ms) or later: a call that is
        made again asks whether its first try got so far."""


class Marks(Protocol):
    """What users did with the notifications in their inboxes."""

    def watermarks(self, username: Username) -> Watermarks: ...

    def since(
        self, username: Username, notification_id: str
    ) -> tuple[Mapping[str, Mark], Watermarks]:
        """The marks of that notification and those whose ids sort behind it, and the watermarks."""

    def mark(
        self,
        username: Username,
        notification_id: str,
        state: State,
        at: int,
        expires_at: int,
        generation: int,
    ) -> bool:
        """Marks it, until `expires_at` (ms); what it is already keeps its time.

        False, and nothing is done, if it was marked read or unread at a newer generation and shall
        now be so at this one.
        """

    def mark_all(
        self, username: Username, state: State, tops: Mapping[Pattern, int], at: int
    ) -> None:
        """Raises the watermarks of each stream up to the number given, in one write.

        Raises: Unavailable.
        """


class KeptAnswer(Struct, frozen=True):
    """What a request was answered: an HTTP status and JSON."""

    status: int
    body: str


class Attempt(Struct, frozen=True):
    """A request under an Idempotency-Key, without an answer as long as it runs. Times in ms."""

    body_hash: str
    notification_id: str
    begun_at: int
    lease_until: int
    answer: KeptAnswer | None = None


class Attempts(Protocol):
    """Requests that may be made again, by a key."""

    def begin(self, key: str, attempt: Attempt, expires_at: int) -> Attempt:
        """Records the attempt if there is none, or one that had expired when this one began.
        Returns the one that is recorded."""

    def lease(self, key: str, seen: Attempt, until: int) -> bool:
        """Moves the end of the lease, if it is where it was seen and there is no answer."""

    def finish(self, key: str, attempt: Attempt, answer: KeptAnswer) -> bool:
        """Records the answer, if the lease is still that of the attempt."""

    def drop(self, key: str, attempt: Attempt) -> bool:
        """Forgets the attempt, if the lease is still its own."""


class Totals(Struct, frozen=True):
    """What the service counts. Counters without a name here are zero."""

    connections: int
    users: int
    topics: int
    counters: Mapping[str, int]


class Counts(Protocol):
    """Sharded counters."""

    def add(self, amounts: Mapping[str, int]) -> None: ...

    def totals(self) -> Totals: ...


class Outcome(Enum):
    """What became of one post."""

    POSTED = "posted"
    GONE = "gone"
    FAILED = "failed"


class Gateway(Protocol):
    """Who holds the sockets."""

    def post(self, connection_id: ConnectionId, frame: bytes) -> Outcome: ...

    def post_each(
        self, frames: Mapping[ConnectionId, bytes]
    ) -> Iterator[tuple[ConnectionId, Outcome]]:
        """A frame to each of many, in any order; nobody's fate touches the others'."""

    def disconnect(self, connection_id: ConnectionId) -> None:
        """Closes the socket, if it is still there."""

    def disconnect_each(self, connection_ids: Iterable[ConnectionId]) -> None:
        """The same for many; nobody's fate touches the others'."""

    def is_open(self, connection_id: ConnectionId) -> bool:
        """Asks without a post. Where the gateway does not say, the connection counts as open."""

    def is_open_each(
        self, connection_ids: Iterable[ConnectionId]
    ) -> Iterator[tuple[ConnectionId, bool]]:
        """The same for many."""


class Refusals(Protocol):
    """The queue of connections that are to be told why, and closed."""

    def put(self, connection_id: ConnectionId, code: Code) -> None: ...


class Deliveries(Protocol):
    """The queue of what a single call does not fan out."""

    def put(self, jobs: Iterable[PartJob], delay_seconds: int = 0) -> None: ...


class BroadcastJobs(Protocol):
    """Broadcasts that the queue does. Each step may be made again, by anybody, and does no harm."""

    def begin(self, job: BroadcastJob, announcement: Announcement) -> bool:
        """Stores both unless they are there; whether they were not."""

    def get(self, broadcast_id: str) -> BroadcastJob | None: ...

    def announcement(self, broadcast_id: str) -> Announcement: ...

    def add_part(self, job: BroadcastJob, part: Part) -> bool:
        """False if there is a part of that number: it stays as it is."""

    def planned(self, broadcast_id: str, parts: int, shards: int) -> None:
        """All its parts are there."""

    def queued(self, broadcast_id: str, parts: int) -> None:
        """So many of its parts are in the queue."""

    def part(self, broadcast_id: str, number: int) -> Part | None: ...

    def parts(self, broadcast_id: str) -> list[Part]:
        """In order."""

    def checkpoint(self, broadcast_id: str, part: Part) -> Part | None:
        """Writes the part over the version that it was made from, and returns it with its new one;
        None if somebody else has written meanwhile."""

    def start(self, broadcast_id: str, now: int) -> None:
        """The first to call it says when its delivery began."""

    def finish(self, broadcast_id: str, number: int) -> BroadcastJob | None:
        """That part is done, unless the job is cancelled; the job as it is then."""

    def fail(self, broadcast_id: str, number: int) -> None:
        """That part's message is about to be given up."""

    def resume(self, broadcast_id: str, number: int) -> None:
        """It is not, after all."""

    def cancel(self, broadcast_id: str) -> BroadcastJob | None:
        """Unless it is done; the job as it is then."""

    def active(self) -> list[BroadcastJob]:
        """Those that wait or run."""


class LaterQueue(Protocol):
    """What is done some seconds from now. A lane of its own: it never waits for a broadcast."""

    def put(self, jobs: Iterable[LaterJob], delay_seconds: int = 0) -> None:
        """`delay_seconds` is at most 900, SQS's longest."""


class Deadline(Struct, frozen=True):
    """When a connection is to be looked at. `topics`: what it held when that was decided, in case
    its row is lost by then; `told`: the end of the token that its client was warned of."""

    connection_id: ConnectionId
    at: int
    topics: frozenset[Pattern]
    told: int | None = None


class Deadlines(Protocol):
    """Connections by the minute in which they are to be looked at, and how far that has come.

    Minutes are counted since the epoch. A deadline belongs to the first that begins at or after it.
    """

    def put(self, deadlines: Iterable[Deadline]) -> None: ...

    def due(self, minute: int) -> Iterator[list[Deadline]]:
        """Those of that minute, by pages of at most PAGE_SIZE."""

    def drop(self, deadlines: Iterable[Deadline]) -> None: ...

    def swept(self) -> int | None:
        """The last minute that is done; None before the first."""

    def finish(self, minute: int) -> None:
        """That minute and all before it are done."""


class Look(Struct, frozen=True):
    """What came of looking at counts. `suspect`: a difference was seen that may only be somebody on
    the way in or out; it is an error if it is there in a minute."""

    suspect: bool = False
    corrected: int = 0
    expired: int = 0


class Recounts(Protocol):
    """Counts held against what they count, and by the minute those which are to be."""

    def look(self, place: Shard, now: int) -> Look:
        """Removes expired members, and corrects what differs as it did a minute ago."""

    def places(self, part: int) -> Iterator[Shard]:
        """All of a part of the directory, without the users' topics."""

    def put(self, places: Iterable[Shard], minute: int) -> None: ...

    def due(self, minute: int) -> Iterator[list[Shard]]: ...

    def drop(self, places: Iterable[Shard], minute: int) -> None: ...
