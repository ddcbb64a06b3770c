"""Accounts, and whom a token proves its bearer to be."""

from infra.jwks import Jwks
from infra.key_store import read_keys
from infra.keys import AnyKeys, OwnKeys
from infra.stores.users import DynamoUsers
from infra.wiring import clock, part
from infra.wiring.settings import settings
from notify.accounts import Accounts
from notify.passwords import PasswordHasher


@part
def accounts() -> Accounts:
    env = settings()
    own = OwnKeys(lambda: read_keys(env), clock)
    theirs = Jwks(env.jwks_url, env.jwks_issuer, env.jwks_audience, clock) if env.jwks_url else None
    keys = AnyKeys(own, theirs) if theirs else own
    return Accounts(DynamoUsers(), own, keys, PasswordHasher(), clock)
