"""Subscriptions, for what fans out page after page."""

from infra.stores.subscriptions import DynamoSubscriptions
from infra.wiring import part
from infra.wiring.gateway import over_curl
from infra.wiring.settings import settings
from notify.ports import Subscriptions


@part
def subscriptions() -> Subscriptions:
    if not over_curl():
        return DynamoSubscriptions()
    from infra.stores.subscriber_pages import CurlSubscriptions  # there may be no pycurl

    return CurlSubscriptions(settings().region)
