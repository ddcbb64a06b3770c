"""Logins and what follows from them."""

import secrets

from infra.stores.credentials import DynamoCredentials
from infra.stores.limits import DynamoLimits
from infra.wiring import clock, new_id, part
from infra.wiring.accounts import accounts
from infra.wiring.limits import limits
from infra.wiring.revocation import revocation
from infra.wiring.settings import settings
from notify.limits import LoginGuard
from notify.logins import Logins


@part
def logins() -> Logins:
    env = settings()
    guard = LoginGuard(
        DynamoLimits(),
        limits(),
        clock,
        env.logins_per_minute,
        env.logins_per_minute_per_address,
    )
    return Logins(
        accounts(),
        DynamoCredentials(new_id),
        guard,
        revocation(),
        clock,
        secrets.token_bytes,
    )
