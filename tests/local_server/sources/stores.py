"""Embedded stores for tests: a template's tables and queues in a running one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_server.environment import api_names
from local_server.provisioning import Clients, make_clients, provision
from local_server.store import start_store
from local_server.template import Names, Template, load_template


@dataclass(frozen=True)
class Provisioned:
    template: Template
    clients: Clients
    names: Names


@contextmanager
def provisioned(store: str, folder: Path, template: str) -> Iterator[Provisioned]:
    file = folder / "serverless.yml"
    file.write_text(template)
    loaded = load_template(file)
    started = start_store(store)
    asyncio.run(started.ready())
    clients = make_clients(started.endpoints, loaded.region, started.credentials)
    try:
        yield Provisioned(loaded, clients, provision(loaded, clients, api_names(loaded)))
    finally:
        for client in (clients.dynamodb, clients.sqs, clients.streams):
            client.close()
        asyncio.run(started.stop())
