"""What is sent when its time has come."""

from infra.invocation import follow
from infra.stores.scheduled import DynamoScheduled
from infra.wiring import clock, part
from infra.wiring.accounts import accounts
from infra.wiring.publishing import publishing
from infra.wiring.queues import later_queue
from notify.scheduled import ScheduledSending


@part
def scheduled_sending() -> ScheduledSending:
    return ScheduledSending(
        publishing(), accounts(), DynamoScheduled(), later_queue(), clock, follow
    )
