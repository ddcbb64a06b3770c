"""Notifications, as they are composed from requests."""

from infra.invocation import correlation_id
from infra.wiring import clock, part
from infra.wiring.topics import policy
from notify.composing import Composer


@part
def composer() -> Composer:
    return Composer(policy(), clock, correlation_id)
