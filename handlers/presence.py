"""GET /presence, GET /presence/topics/{topic}: who is online, and who is in a topic."""

from handlers._edge.http import HttpCall, http
from infra.wiring.presence import presence
from notify.answers.presence import (
    PresenceAnswer,
    TopicPresenceAnswer,
    presence_answer,
    topic_presence_answer,
)
from notify.limits import COSTLY
from notify.presence import MAX_USERS


@http()
def handler(call: HttpCall) -> PresenceAnswer | TopicPresenceAnswer:
    if call.route.endswith("/{topic}"):
        topic = call.path("topic")
        return topic_presence_answer(presence().of_topic(call.reader(COSTLY), topic))
    names = call.query("user_ids").split(",")
    return presence_answer(presence().of_users(call.reader(min(len(names), MAX_USERS)), names))
