"""What each function imports when it starts: it does not pay for what others use."""

import json
import subprocess
import sys

import pytest

from tests.aws import ROOT
from tests.permissions import functions

# Each in a fork, from a process that has what nearly all of them share: all in three seconds. The
# descriptor is written to at once, so that a line is whole.
SCRIPT = """
import importlib, json, os, sys
import botocore.session, msgspec, pynamodb.models
for module in sys.argv[1:]:
    if os.fork() == 0:
        importlib.import_module(module)
        os.write(1, (json.dumps([module, sorted(sys.modules)]) + "\\n").encode())
        os._exit(0)
    os.wait()
"""
COMING = {"connect", "disconnect", "refuse"}
LOGINS = {"login", "logout", "refresh"}
SENDING = {"batch", "broadcast", "later", "scheduled", "scheduler", "send"}
# Who may import a module; all others must not. A part is imported when it is composed, or before.
ONLY = {
    # Nobody, or nobody before there is something to post
    "boto3": set(),
    "infra.curl": set(),
    "infra.gateway": set(),
    "moto": set(),
    "sanic": set(),
    "infra.admin": set(),
    "infra.stages": set(),
    # Documents
    "notify.asyncapi": {"documents"},
    "notify.contract": {"documents"},
    "notify.openapi": {"documents"},
    # Frames
    "infra.wiring.conversation": {"message"},
    "notify.acking": {"message"},
    "notify.greeting": {"message"},
    "notify.resuming": {"message"},
    "notify.subscribing": {"message"},
    "notify.verbs": {"message"},
    # Who comes and goes
    "infra.wiring.admission": COMING,
    "infra.wiring.tickets": COMING | {"ticket"},
    "notify.admission": COMING | {"message"},
    # Broadcasts
    "infra.wiring.broadcasts": SENDING,
    "infra.wiring.deliverer": {"deliver"},
    "notify.deliveries": {"deliver"},
    "notify.planning": {"deliver"},
    # The rest, by its noun
    "infra.stores.attempts": {"batch", "broadcast", "send"},
    "infra.stores.deadlines": COMING | {"sweep"},
    "infra.stores.recounts": {"sweep"},
    "infra.stores.sightings": {"later", "message", "presence"},
    "infra.wiring.announcing": {"later"},
    "infra.wiring.history": {"history"},
    "infra.wiring.inbox": SENDING | {"inbox", "message"},
    "infra.wiring.logins": LOGINS,
    "infra.wiring.stats": {"stats"},
    "notify.sweep": {"sweep"},
}


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """By the function's module in handlers/."""
    names = [f"handlers.{name}" for name in sorted(functions())]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {module.removeprefix("handlers."): set(modules) for module, modules in lines}


def test_every_function_starts(imported: dict[str, set[str]]) -> None:
    assert imported.keys() == functions().keys()


@pytest.mark.parametrize("module", ONLY)
def test_a_module_is_imported_by_those_who_use_it(
    imported: dict[str, set[str]], module: str
) -> None:
    assert {name for name, modules in imported.items() if module in modules} == ONLY[module]


def test_no_function_imports_anothers_handler(imported: dict[str, set[str]]) -> None:
    handlers = {f"handlers.{name}" for name in imported}
    for name, modules in imported.items():
        assert modules & handlers == {f"handlers.{name}"}


def test_what_posts_to_many_knows_no_tokens(imported: dict[str, set[str]]) -> None:
    assert not imported["deliver"] & {"jwt", "cryptography", "notify.accounts", "notify.answers"}


def test_documents_need_no_tables(imported: dict[str, set[str]]) -> None:
    assert not imported["documents"] & {"infra.tables", "infra.clients"}
