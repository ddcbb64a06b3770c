"""The queues."""

from infra.queues import SqsDeliveries, SqsLater, SqsQueue, SqsRefusals
from infra.wiring import part
from infra.wiring.settings import settings


@part
def deliveries() -> SqsDeliveries:
    return SqsDeliveries(SqsQueue(settings().deliveries_queue_url, settings().region))


@part
def later_queue() -> SqsLater:
    return SqsLater(SqsQueue(settings().later_queue_url, settings().region))


@part
def refusals() -> SqsRefusals:
    return SqsRefusals(SqsQueue(settings().refusals_queue_url, settings().region))
