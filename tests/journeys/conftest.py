"""The whole service behind the running emulator, used as its users use it."""

import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
import jwt
import pytest
import websockets
from boto3.dynamodb.types import TypeDeserializer
from websockets.asyncio.client import ClientConnection

from local_server.testing import RunningInThread, emulator_in_thread
from tests.aws import REGION

ROOT = Path(__file__).parent.parent.parent
# What serverless.yml signs tokens with on a laptop.
LOCAL_KEY, LOCAL_KEY_ID = "demo-key-for-laptops-only-not-a-secret", "local-demo"
PASSWORD = "correct horse"
DAY_SECONDS = 24 * 3600
POLL_SECONDS = 3  # longer than the emulator waits for a message

_numbers = itertools.count(1)


def mint(
    username: str,
    *roles: str,
    tenant: str | None = None,
    seconds: int = 3600,
    key: str = LOCAL_KEY,
) -> str:
    """A token as a login makes it, or as it should never be."""
    claims = {
        "sub": username,
        "roles": list(roles),
        "iat": time.time(),
        "exp": int(time.time()) + seconds,
        "iss": "heliograph",
        "aud": "heliograph",
    } | ({} if tenant is None else {"tenant": tenant})
    return jwt.encode(claims, key, algorithm="HS256", headers={"kid": LOCAL_KEY_ID})


class Service:
    """A running emulator with an admin, and users made on demand."""

    def __init__(self, running: RunningInThread) -> None:
        self.running = running
        self.http = httpx.Client(base_url=f"{running.http_url}/api/v1", timeout=30)
        self.python("-m", "infra.admin", "create-user", "root", "--role", "admin")
        # Longer than any test moves the clock.
        admin = mint("root", "admin", seconds=DAY_SECONDS)
        self.admin = {"authorization": f"Bearer {admin}"}

    def python(self, *arguments: str) -> None:
        """Runs our own code beside the service, with the environment of its functions."""
        subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | self.running.environment | {"HELIOGRAPH_PASSWORD": PASSWORD},
            check=True,
            capture_output=True,
        )

    @property
    def store(self) -> dict[str, str]:
        """How boto3 reaches its tables and queues."""
        return {
            "endpoint_url": self.running.store_url,
            "region_name": REGION,
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }

    def hurry(self, *queues: str, seconds: int) -> None:
        """What was not done comes again so soon, not after minutes."""
        sqs = boto3.client("sqs", **self.store)
        for queue in queues:
            url = self.running.environment[f"{queue}_QUEUE_URL"]
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
        # A poll that is under way hands out what comes next for as long as it was before.
        time.sleep(POLL_SECONDS)

    def user(self, *roles: str) -> tuple[str, str]:
        """A new user's name and token; every test has users of its own."""
        name = f"user{next(_numbers)}"
        body = {"username": name, "password": PASSWORD, "roles": list(roles)}
        assert self.http.post("/admin/users", json=body, headers=self.admin).status_code == 201
        return name, mint(name, *roles)

    def connect(self, token: str | None, path: str = "/api/v1/ws/realtime") -> websockets.connect:
        query = "" if token is None else f"?token={token}"
        origin = self.running.http_url.replace("http", "ws")
        return websockets.connect(origin + path + query, open_timeout=20)

    def stats(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get("/notifications/stats", headers=self.admin).json()
        return answer

    async def stats_at_rest(self) -> dict[str, Any]:
        """Once every $disconnect of an earlier test has run: nobody waits for one."""
        async with asyncio.timeout(20):
            while (answer := self.stats())["websocket_connections"] or answer["topics"]:
                await asyncio.sleep(0.05)
        return answer

    def send(self, username: str, **fields: Any) -> dict[str, Any]:
        body = {"user_id": username, "notification_type": "t", "title": "Hello", "message": "m"}
        answer = self.http.post(
            "/notifications/send-realtime", json=body | fields, headers=self.admin
        )
        assert answer.status_code == 200, answer.text
        sent: dict[str, Any] = answer.json()
        return sent

    def broadcast(self, pattern: str, **fields: Any) -> dict[str, Any]:
        body = {"pattern": pattern, "notification_type": "t", "title": "All", "message": "m"}
        answer = self.http.post("/notifications/broadcast", json=body | fields, headers=self.admin)
        assert answer.status_code in (200, 202), answer.text
        sent: dict[str, Any] = answer.json()
        return sent


def rows(service: Service, table: str) -> list[dict[str, Any]]:
    """Everything that is in one of its tables."""
    name = service.running.environment["TABLE_PREFIX"] + table
    pages = boto3.client("dynamodb", **service.store).get_paginator("scan")
    found = [row for page in pages.paginate(TableName=name) for row in page["Items"]]
    read = TypeDeserializer().deserialize
    return [{field: read(value) for field, value in row.items()} for row in found]


async def receive(socket: ClientConnection) -> dict[str, Any]:
    """The next frame."""
    frame: dict[str, Any] = json.loads(await socket.recv())
    return frame


async def say(socket: ClientConnection, **message: Any) -> dict[str, Any]:
    """Sends a message and returns the next frame."""
    await socket.send(json.dumps(message))
    return await receive(socket)


@contextmanager
def running_service(seed: int = 0, *, verify_signatures: bool = False) -> Iterator[Service]:
    template = ROOT / "serverless.yml"
    with emulator_in_thread(template, seed=seed, verify_signatures=verify_signatures) as running:
        made = Service(running)
        try:
            yield made
        finally:
            made.http.close()


@pytest.fixture(scope="session")
def heliograph() -> Iterator[Service]:
    with running_service() as made:
        yield made
