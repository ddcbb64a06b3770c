"""Sends to users."""

from infra.stores.streams import DynamoStreams
from infra.wiring import clock, new_id, part
from infra.wiring.accounts import accounts
from infra.wiring.composing import composer
from infra.wiring.counts import counts
from infra.wiring.fanout import fanout
from infra.wiring.inbox import devices
from infra.wiring.subscriptions import subscriptions
from notify.sends import Sends


@part
def sends() -> Sends:
    return Sends(
        accounts=accounts(),
        composer=composer(),
        subscriptions=subscriptions(),
        streams=DynamoStreams(new_id),
        counts=counts(),
        fanout=fanout(),
        devices=devices(),
        clock=clock,
    )
