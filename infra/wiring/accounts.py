"""Accounts, and whom a token proves its bearer to be."""

from infra.key_store import read_keys
from infra.keys import AnyKeys, OwnKeys
from infra.settings import Settings
from infra.stores.users import DynamoUsers
from infra.wiring import clock, part
from infra.wiring.settings import settings
from notify.accounts import Accounts
from notify.passwords import PasswordHasher
from notify.tokens import Claims, KeySource


@part
def accounts() -> Accounts:
    env = settings()
    own = OwnKeys(lambda: read_keys(env), clock)
    keys = AnyKeys(own, _providers_keys(env)) if env.jwks_url else own
    return Accounts(DynamoUsers(), own, keys, PasswordHasher(), clock)


def _providers_keys(env: Settings) -> KeySource:
    from infra.jwks import Jwks  # here, for it brings urllib3

    claims = Claims(env.jwks_username_claim, env.jwks_roles_claim)
    return Jwks(env.jwks_url, env.jwks_issuer, env.jwks_audience, clock, claims)
