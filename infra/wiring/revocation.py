"""The end of logins."""

from infra.stores.subscriptions import DynamoSubscriptions
from infra.wiring import clock, part
from infra.wiring.accounts import accounts
from infra.wiring.connections import connections
from infra.wiring.fanout import fanout
from infra.wiring.queues import later_queue
from notify.revocation import Revocation


@part
def revocation() -> Revocation:
    return Revocation(
        accounts(), DynamoSubscriptions(), connections(), fanout(), later_queue(), clock
    )
