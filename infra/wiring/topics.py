"""Who may use which topics, and which of them are watched."""

from infra.wiring import part
from infra.wiring.settings import settings
from notify.topics import TopicPolicy, WatchedTopics


@part
def policy() -> TopicPolicy:
    return TopicPolicy(settings().public_topics)


@part
def watched() -> WatchedTopics:
    return WatchedTopics(settings().presence_topics)
