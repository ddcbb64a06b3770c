"""Telling a topic's subscribers who has come and who has left.

The subscriptions say who is there; a sighting says what was told of it. Jobs bring the one
into line with the other. They may come twice, late, at the same time, or die at any point.
"""

from collections import Counter

from notify.errors import Unavailable
from notify.fanout import Fanout, every_member
from notify.frames import PresenceJoin, PresenceLeave, encode
from notify.jobs import JoinJob, LeaveJob
from notify.model import (
    MAX_AGE_MS,
    ROW_GRACE_MS,
    ConnectionId,
    Pattern,
    Subscriber,
    Username,
    timestamp,
)
from notify.noticing import LEAVE_SECONDS
from notify.ports import Clock, Connections, LaterQueue, Sighting, Sightings, Subscriptions
from notify.presence import connections_of

# A hundred who come at once are ten thousand posts. Above this nobody is told anything.
MAX_TOLD = 100
MAX_ROUNDS = 5


class Announcing:
    """Works off the jobs that NoticedConnections puts."""

    def __init__(
        self,
        sightings: Sightings,
        subscriptions: Subscriptions,
        connections: Connections,
        fanout: Fanout,
        later: LaterQueue,
        clock: Clock,
    ) -> None:
        self._sightings = sightings
        self._subscriptions = subscriptions
        self._connections = connections
        self._fanout = fanout
        self._later = later
        self._clock = clock

    def settle(self, job: JoinJob | LeaveJob) -> Counter[str]:
        """Tells what is new, until there is nothing new. Returns what was told.

        Each round reads what was told before it reads who is there, and changes it only if nobody
        else has: so a leave that was decided in front of a join is void behind it.

        Raises: Unavailable; the queue then tries again.
        """
        told = Counter[str]()
        for _ in range(MAX_ROUNDS):
            known = self._sightings.get(job.topic, job.username, self._clock())
            if self._is_there(job.topic, job.username):
                news = self._join(job.topic, job.username)
            elif known is not None and (isinstance(job, JoinJob) or told["joined"]):
                # They have left only just now, and may be back at once.
                self._later.put([LeaveJob(job.topic, job.username)], LEAVE_SECONDS)
                news = ""
            elif known is not None:
                news = self._leave(job.topic, job.username, known)
            else:
                news = ""
            if not news:
                return told or Counter(unchanged=1)
            told[news] += 1
        raise Unavailable("somebody comes and leaves all the time: try again")

    def _is_there(self, topic: Pattern, username: Username) -> bool:
        found = connections_of(username, self._subscriptions, self._connections, self._clock())
        return any(topic in connection.topics for connection in found)

    def _join(self, topic: Pattern, username: Username) -> str:
        """Also where they are announced already: it voids a leave that is being decided."""
        now = self._clock()
        # No connection that is open now outlives this.
        expires_at = now + MAX_AGE_MS + ROW_GRACE_MS
        announced = self._sightings.announce(topic, username, now, expires_at)
        if announced.told:
            return ""
        # The time is read behind the write, as a leave's is in front of its own: of two that cross
        # on the way, the later one is right.
        self._tell(PresenceJoin, topic, username, self._clock())
        self._sightings.confirm(topic, username, announced)
        return "joined"

    def _leave(self, topic: Pattern, username: Username, known: Sighting) -> str:
        now = self._clock()
        withdrawn = self._sightings.withdraw(topic, username, known)
        if withdrawn is None:
            return "overtaken"
        # It is told before it is removed: a job that dies in between tells it again.
        self._tell(PresenceLeave, topic, username, now)
        self._sightings.remove(topic, username, withdrawn)
        return "left"

    def _tell(
        self,
        kind: type[PresenceJoin] | type[PresenceLeave],
        topic: Pattern,
        username: Username,
        at: int,
    ) -> None:
        listeners = self._listeners(topic)
        if len(listeners) > MAX_TOLD:
            return
        others = [each for each in listeners.values() if each.username != username]
        # Without regard to their own rows: while they leave, some may still be there.
        count = len({each.username for each in others if each.pattern == topic})
        count += kind is PresenceJoin
        frame = encode(kind(topic, username, count, timestamp(at)))
        self._fanout.retry(self._fanout.deliver(frame, others), frame)

    def _listeners(self, topic: Pattern) -> dict[ConnectionId, Subscriber]:
        """Whoever is subscribed, to the very topic or to a wildcard over it, as far as one too
        many. A connection with both counts as one in the topic."""
        listeners: dict[ConnectionId, Subscriber] = {}
        audiences = self._subscriptions.audiences(topic)
        for audience in sorted(audiences, key=lambda audience: audience.pattern != topic):
            for subscriber in every_member(self._subscriptions, audience, self._clock()):
                listeners.setdefault(subscriber.connection_id, subscriber)
                if len(listeners) > MAX_TOLD:
                    return listeners
        return listeners
