"""GET /presence, GET /presence/topics/{topic}: who is online, and who is in a topic."""

from handlers._edge.http import HttpCall, http
from infra.wiring import presence
from notify.answers import (
    PresenceAnswer,
    TopicPresenceAnswer,
    presence_answer,
    topic_presence_answer,
)


@http()
def handler(call: HttpCall) -> PresenceAnswer | TopicPresenceAnswer:
    principal = call.principal()
    if call.route.endswith("/{topic}"):
        return topic_presence_answer(presence().of_topic(principal, call.path("topic")))
    names = call.query("user_ids").split(",")
    return presence_answer(presence().of_users(principal, names))
