"""What users mark in their inboxes."""

from infra.wiring import clock, part
from infra.wiring.fanout import fanout
from infra.wiring.inbox import devices, inbox
from notify.marking import Marker


@part
def marker() -> Marker:
    return Marker(inbox(), devices(), fanout(), clock)
