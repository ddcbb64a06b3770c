"""Open connections, as the presence of their users is noticed."""

from infra.stores.connections import DynamoConnections
from infra.wiring import clock, part
from infra.wiring.limits import limits
from infra.wiring.queues import later_queue
from infra.wiring.settings import settings
from infra.wiring.topics import watched
from notify.limits import NewTopics
from notify.noticing import NoticedConnections


@part
def connections() -> NoticedConnections:
    new_topics = NewTopics(limits(), settings().new_topics_per_day)
    stored = DynamoConnections(clock, new_topics.take)
    return NoticedConnections(stored, later_queue(), watched())
