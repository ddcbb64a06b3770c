"""`create-user` and `set-roles`: accounts, in the tables of a stage."""

import argparse
import getpass
import os

from infra import wiring
from infra.admin.stage import Stage
from infra.settings import SettingsError
from infra.stores.users import DynamoUsers
from infra.wiring.revocation import revocation
from notify.account_requests import ChangeUser, CreateUser
from notify.accounts import TOKEN_SECONDS, Accounts, new_user
from notify.errors import Revoked
from notify.model import Principal, User, Username
from notify.passwords import PasswordHasher
from notify.tokens import Keyring

# Whoever may write to the table may change accounts: that is AWS's to decide, not a token's.
OPERATOR = Principal(Username("operator"), frozenset({"admin"}), None, token_expires_at=0)
REASON = "Your roles have changed"

CREATE_EXAMPLES = """examples:
  python -m infra.admin --stage dev create-user root --role admin       asks for the password
  HELIOGRAPH_PASSWORD=… python -m infra.admin --stage dev create-user alice --tenant acme
  python -m infra.admin --stage dev create-user alice --no-password     no login here

A password on the command line (--password) is seen by whoever lists the machine's processes.
"""
ROLES_EXAMPLES = """examples:
  python -m infra.admin --stage dev set-roles alice manager ops         these two and no others
  python -m infra.admin --stage dev set-roles alice --none              none at all
  python -m infra.admin --stage dev set-roles alice member --disconnect

Roles are in the token: one that is taken away lasts until the token is refreshed, an hour at most.
--disconnect makes the user's tokens worthless at once and closes their connections with 4003, as
POST /admin/users/{username}/disconnect does. It asks the deployed functions where their queue and
their WebSocket API are, so the stage must be deployed; and it reads the keys, as they do.
"""


def add_create_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("username")
    add("--role", action="append", default=[], help="may be given more than once")
    add("--tenant")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--password", help="default: HELIOGRAPH_PASSWORD, else it is asked for")
    secret.add_argument("--no-password", action="store_true", help="nobody can log in as them here")


def add_roles_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("username")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("roles", nargs="*", metavar="role", default=[], help="all that they have")
    which.add_argument("--none", action="store_true", help="they have none")
    add("--disconnect", action="store_true", help="end what they have open, and its tokens")


def create_user(options: argparse.Namespace, stage: Stage) -> int:
    """Stores an account."""
    password = None if options.no_password else _password(options)
    store(CreateUser(options.username, password, options.role, options.tenant), PasswordHasher())
    print(f"created {options.username}")
    return 0


def store(request: CreateUser, hasher: PasswordHasher) -> None:
    """Raises: Invalid, Conflict."""
    DynamoUsers().add(new_user(request, hasher, wiring.clock()))


def set_roles(options: argparse.Namespace, stage: Stage) -> int:
    """Gives an account these roles and no others."""
    if options.disconnect:
        _take_the_place_of_a_function(stage)
    accounts = _accounts()
    before = accounts.get(options.username)
    after = accounts.change(OPERATOR, before.username, ChangeUser(roles=options.roles))
    print(f"{after.username}: {_names(after)} (before: {_names(before)})")
    if options.disconnect:
        print(f"tokens made worthless, connections closed: {_disconnect(after)}")
    elif before.roles - after.roles:
        print(f"tokens that are out keep the old roles for up to {TOKEN_SECONDS // 60} minutes")
    return 0


def _disconnect(user: User) -> int:
    """As handlers.disconnect_user does it, composed by the same wiring."""
    error = Revoked(REASON)
    revocation().foresee(user.username, error)
    _accounts().revoke_tokens(user.username)
    return revocation().revoke(user.username, error)


def _take_the_place_of_a_function(stage: Stage) -> None:
    """Raises: SettingsError where nobody says how to reach the connections."""
    variables = stage.environment()
    for name in ("CALLBACK_ENDPOINT", "LATER_QUEUE_URL"):
        if not variables.get(name):
            raise SettingsError(f"connections cannot be closed from here: {name} is not known")
    os.environ.update(variables, AWS_REGION=stage.region)
    wiring.reset()
    revocation()  # what it lacks, it lacks before a role has changed


def _accounts() -> Accounts:
    """They sign nothing and check no token, so nobody here needs to read a key."""
    no_keys = Keyring([])
    return Accounts(DynamoUsers(), no_keys, no_keys, PasswordHasher(), wiring.clock)


def _names(user: User) -> str:
    return ", ".join(sorted(user.roles)) or "no roles"


def _password(options: argparse.Namespace) -> str:
    if given := options.password or os.environ.get("HELIOGRAPH_PASSWORD"):
        return str(given)
    return getpass.getpass("Password: ")
