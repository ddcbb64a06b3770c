"""The queues, by the library that speaks to them."""

from infra.engines import OVER_CURL
from infra.queues import Queue, SqsDeliveries, SqsLater, SqsRefusals
from infra.wiring import part
from infra.wiring.settings import settings


@part
def deliveries() -> SqsDeliveries:
    return SqsDeliveries(_queue(settings().deliveries_queue_url))


@part
def later_queue() -> SqsLater:
    return SqsLater(_queue(settings().later_queue_url))


@part
def refusals() -> SqsRefusals:
    return SqsRefusals(_queue(settings().refusals_queue_url))


def _queue(url: str) -> Queue:
    if OVER_CURL:
        from infra.curl_queue import CurlQueue

        return CurlQueue(url, settings().region)
    from infra.sqs_queue import SqsQueue

    return SqsQueue(url, settings().region)
