"""Subscriptions, for what fans out page after page."""

from infra.engines import OVER_CURL
from infra.stores.subscriptions import DynamoSubscriptions
from infra.wiring import part
from infra.wiring.settings import settings
from notify.ports import Subscriptions


@part
def subscriptions() -> Subscriptions:
    if not OVER_CURL:
        return DynamoSubscriptions()
    from infra.stores.subscriber_pages import CurlSubscriptions  # there may be no pycurl

    return CurlSubscriptions(settings().region)
