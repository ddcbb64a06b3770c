"""`demo`: accounts whose passwords everybody knows, for a laptop's emulator."""

import argparse
import os
import sys

from infra.admin.stage import Stage
from infra.admin.users import store
from infra.settings import SettingsError
from notify.account_requests import CreateUser
from notify.errors import Conflict
from notify.passwords import PasswordHasher

STAGE = "local"
USERS = (
    CreateUser("alice", "alice-demo", ["member"], "acme"),
    CreateUser("bob", "bob-demo", ["manager"], "acme"),
    CreateUser("admin", "admin-demo", ["admin"]),
)
# The lowest cost: these passwords are printed below, and a start should not take a second.
HASHER_COST = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(options: argparse.Namespace, stage: Stage) -> int:
    """Stores the demo accounts and prints how to see a notification arrive."""
    if os.environ.get("STAGE") != STAGE:
        raise SettingsError(f"demo users, whose passwords everybody knows, are for {STAGE}")
    for request in USERS:
        _add_unless_there(request)
    print(_text())
    return 0


def _add_unless_there(request: CreateUser) -> None:
    try:
        store(request, PasswordHasher(cost=HASHER_COST))
    except Conflict:
        return


def _text() -> str:
    url = os.environ.get("LOCAL_SERVER_HTTP_URL", "http://127.0.0.1:3001")
    python = os.path.relpath(sys.executable) if sys.prefix != sys.base_prefix else "python3"
    lines = ["Demo users"]
    lines += [f"  {user.username:<8} {user.password:<12} {', '.join(user.roles)}" for user in USERS]
    lines += [
        "",
        "Watch a notification arrive: paste this into a second terminal …",
        f"  {python} -m client --url {url} listen --user alice --password alice-demo",
        "… and this into a third:",
        f"  {python} -m client --url {url} send alice 'Hello' --user admin --password admin-demo",
        "",
        f"Or open {url}/demo/ in a browser, and press Send.",
    ]
    return "\n".join(lines)
