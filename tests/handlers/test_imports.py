"""What each function imports when it starts: it does not pay for what others use."""

import json
import os
import subprocess
import sys

import pytest

from tests.aws import ROOT
from tests.permissions import functions

# Each in a fork, from a process that has what nearly all of them share: all in three seconds. The
# descriptor is written to at once, so that a line is whole.
SCRIPT = """
import importlib, json, os, sys
import msgspec, pycurl
for module in sys.argv[1:]:
    if os.fork() == 0:
        importlib.import_module(module)
        os.write(1, (json.dumps([module, sorted(sys.modules)]) + "\\n").encode())
        os._exit(0)
    os.wait()
"""
# In a process that has nothing yet.
ALONE = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""
COMING = {"connect", "disconnect", "refuse"}
LOGINS = {"login", "logout", "refresh"}
SENDING = {"batch", "broadcast", "later", "scheduled", "scheduler", "send"}
# Who may import a module; all others must not. A part is imported when it is composed, or before.
ONLY = {
    # Nobody, where libcurl is
    "boto3": set(),
    "botocore": set(),
    "infra.clients": set(),
    "infra.gateway": set(),
    "infra.sqs_queue": set(),
    "pynamodb": set(),
    "urllib3": set(),
    "moto": set(),
    "sanic": set(),
    "infra.admin": set(),
    "infra.stages": set(),
    # Nobody, before somebody comes with a token of an algorithm that wants it
    "cryptography": set(),
    "infra.jwks": set(),
    "jwt": set(),
    # Documents
    "notify.asyncapi": {"documents"},
    "notify.contract": {"documents"},
    "notify.openapi": {"documents"},
    # What only some answer or are asked
    "notify.answers.batches": {"batch", "documents"},
    "notify.answers.broadcasts": {"broadcast_job", "documents"},
    "notify.answers.history": {"documents", "history"},
    "notify.answers.inbox": {"documents", "inbox"},
    "notify.answers.presence": {"documents", "presence"},
    "notify.answers.publishing": {"batch", "broadcast", "documents", "send"},
    "notify.answers.stats": {"documents", "stats"},
    "notify.batches": {"batch", "documents"},
    "notify.timetable": SENDING | {"documents"},
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
# Those that somebody waits for, or that are many: what they bring is counted.
PUBLISHING = {"notify.requests", "notify.entries", "notify.idempotency", "notify.scheduling"}
NEEDLESS = {
    "connect": PUBLISHING | {"notify.messages", "notify.verbs"},
    "deliver": PUBLISHING | {"notify.messages", "notify.tokens", "pyjwt_of_hmac"},
    "disconnect": PUBLISHING | {"notify.messages", "notify.verbs"},
    "message": {"notify.requests", "notify.idempotency", "notify.scheduling"},
    "send": {
        "notify.batches",
        "notify.logins",
        "notify.messages",
        "notify.presence",
        "notify.progress",
    },
}
LIBRARIES = {"msgspec", "pycurl", "pyjwt_of_hmac"}
# What an environment's own start brings.
INSTALLED = {"__main__", "_distutils_hack", "sitecustomize", "usercustomize"}
# Of the standard library what is milliseconds and megabytes.
HEAVY = {
    *("asyncio", "dataclasses", "email", "http", "inspect", "logging", "pathlib", "ssl", "urllib"),
}


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """By the function's module in handlers/."""
    names = [f"handlers.{name}" for name in sorted(functions())]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *names],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "HTTP_ENGINE"},
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
    assert not imported["documents"] & {"infra.tables", "infra.curl", "infra.clients"}


@pytest.mark.parametrize("name", NEEDLESS)
def test_a_hot_function_brings_nothing_that_it_does_not_use(name: str) -> None:
    # Without the variables by which coverage comes into processes, and on the engine of Lambda.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV_")}
    environment.pop("HTTP_ENGINE", None)
    done = subprocess.run(
        [sys.executable, "-c", ALONE, f"handlers.{name}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    modules = set(json.loads(done.stdout))
    assert not modules & (NEEDLESS[name] | HEAVY)
    known = LIBRARIES | INSTALLED | sys.stdlib_module_names | {"handlers", "infra", "notify"}
    assert {module.partition(".")[0] for module in modules} <= known
