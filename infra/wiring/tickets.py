"""Tickets for one connection each."""

import secrets

from infra.stores.credentials import DynamoCredentials
from infra.wiring import clock, new_id, part
from infra.wiring.accounts import accounts
from notify.tickets import Tickets


@part
def tickets() -> Tickets:
    return Tickets(accounts(), DynamoCredentials(new_id), clock, secrets.token_bytes)
