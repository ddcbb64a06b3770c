"""`python -m infra.admin`: what an operator does from a shell."""

import argparse
import getpass
import os
import sys
import time
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError
from pynamodb.exceptions import PynamoDBException

from infra.settings import SettingsError
from infra.stores.users import DynamoUsers
from infra.tables import bind
from notify.accounts import new_user
from notify.errors import Conflict, HeliographError
from notify.passwords import PasswordHasher
from notify.requests import CreateUser

SERVICE = "heliograph"
DEMO_STAGE = "local"
DEMO_USERS = (
    CreateUser("alice", "alice-demo", ["member"], "acme"),
    CreateUser("bob", "bob-demo", ["manager"], "acme"),
    CreateUser("admin", "admin-demo", ["admin"]),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if it was done, 1 if it was refused, 2 if it could not be tried."""
    options = _parser().parse_args(arguments)
    try:
        bind(_table_prefix(options.stage), _region(options.region))
        return int(options.run(options))
    except HeliographError as error:
        return _complain(error.message, 1)
    except (SettingsError, BotoCoreError, PynamoDBException) as error:
        return _complain(str(error), 2)


def create_user(options: argparse.Namespace) -> int:
    """Stores an account."""
    password = options.password or os.environ.get("HELIOGRAPH_PASSWORD") or _ask_password()
    request = CreateUser(options.username, password, options.role, options.tenant)
    DynamoUsers().add(new_user(request, PasswordHasher(), _now()))
    print(f"created {options.username}")
    return 0


def demo(options: argparse.Namespace) -> int:
    """Stores the demo accounts and prints how to see a notification arrive."""
    if os.environ.get("STAGE") != DEMO_STAGE:
        raise SettingsError(f"demo users, whose passwords everybody knows, are for {DEMO_STAGE}")
    for request in DEMO_USERS:
        _add_unless_there(request)
    print(_demo_text())
    return 0


def _add_unless_there(request: CreateUser) -> None:
    try:
        # The lowest cost: these passwords are printed below, and a start should not take a second.
        DynamoUsers().add(new_user(request, PasswordHasher(cost=4), _now()))
    except Conflict:
        return


def _demo_text() -> str:
    url = os.environ.get("LOCAL_SERVER_HTTP_URL", "http://127.0.0.1:3001")
    python = os.path.relpath(sys.executable) if sys.prefix != sys.base_prefix else "python3"
    lines = ["Demo users"]
    lines += [
        f"  {user.username:<8} {user.password:<12} {', '.join(user.roles)}" for user in DEMO_USERS
    ]
    lines += [
        "",
        "Watch a notification arrive: paste this into a second terminal …",
        f"  {python} -m client --url {url} listen --user alice --password alice-demo",
        "… and this into a third:",
        f"  {python} -m client --url {url} send alice 'Hello' --user admin --password admin-demo",
        "",
        f"Or open {url}/ in a browser.",
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.admin", description=__doc__)
    parser.add_argument("--stage", help="the deployed stage (default: what TABLE_PREFIX says)")
    parser.add_argument("--region", help="its AWS region (default: AWS_REGION)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    create = commands.add_parser("create-user", help="store an account", description=CREATE_USER)
    create.add_argument("username")
    create.add_argument("--role", action="append", default=[], help="may be given more than once")
    create.add_argument("--tenant")
    create.add_argument("--password", help="default: HELIOGRAPH_PASSWORD, else it is asked for")
    create.set_defaults(run=create_user)
    seed = commands.add_parser("demo", help="store the demo accounts of a laptop's emulator")
    seed.set_defaults(run=demo)
    return parser


CREATE_USER = """Store an account in the tables of a stage, for instance the first admin:
python -m infra.admin --stage dev --region eu-central-1 create-user root --role admin"""


def _table_prefix(stage: str | None) -> str:
    prefix = f"{SERVICE}-{stage}-" if stage else os.environ.get("TABLE_PREFIX")
    if not prefix:
        raise SettingsError("give --stage, or set TABLE_PREFIX")
    return prefix


def _region(region: str | None) -> str:
    chosen = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not chosen:
        raise SettingsError("give --region, or set AWS_REGION")
    return chosen


def _now() -> int:
    return time.time_ns() // 1_000_000


def _ask_password() -> str:
    return getpass.getpass("Password: ")


def _complain(message: str, status: int) -> int:
    print(f"infra.admin: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
