"""The sample service behind a running emulator, and clients of it."""

import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import boto3
import httpx
import pytest
from botocore.config import Config
from websockets.asyncio.client import ClientConnection, connect

from local_server.provisioning import Client
from local_server.store import FAKE_CREDENTIALS
from local_server.testing import Running, emulator_in_thread

SAMPLE = Path(__file__).parent / "sample" / "serverless.yml"
CAPTURES = Path(__file__).parents[3] / "shared" / "captures"


@pytest.fixture(scope="session")
def sample() -> Iterator[Running]:
    with emulator_in_thread(SAMPLE) as running:
        yield running


@pytest.fixture
async def http(sample: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sample.http_url) as client:
        yield client


@pytest.fixture
async def socket(sample: Running) -> AsyncIterator[ClientConnection]:
    async with connect(sample.websocket_url, compression=None) as connection:
        yield connection


class Observer:
    """A connection that the sample's handlers post what they see to."""

    def __init__(self, connection: ClientConnection, connection_id: str) -> None:
        self._connection = connection
        self.connection_id = connection_id

    async def next(self) -> Any:
        return json.loads(await self._connection.recv())


@pytest.fixture
async def observer(sample: Running) -> AsyncIterator[Observer]:
    async with connect(sample.websocket_url) as connection:
        yield Observer(connection, await connection_id_of(connection))


async def connection_id_of(connection: ClientConnection) -> str:
    await connection.send('{"kind": "echo"}')
    event = json.loads(await connection.recv())
    return str(event["requestContext"]["connectionId"])


@pytest.fixture
def management(sample: Running) -> Iterator[Client]:
    """boto3's client of @connections, signing and all."""
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"{sample.http_url}/local",
        region_name="eu-west-3",
        aws_access_key_id=FAKE_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=FAKE_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield cast(Client, client)
    client.close()


@pytest.fixture
def capture(request: pytest.FixtureRequest) -> Any:
    """A recorded AWS event, named by the test's parameter."""
    file = CAPTURES / f"{request.param}.json"
    if not file.is_file():
        pytest.skip(f"no recorded events at {CAPTURES}")
    return json.loads(file.read_text())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # A zombie is not: nobody has reaped it yet.
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        # It may end between one look and the next, or while it is being looked at.
        return False


ECHO = SAMPLE.parent / "echo"


def echo_service(folder: Path, local_server: str) -> Path:
    """A copy of the echo service with its `custom.localServer`, in YAML's short form."""
    shutil.copytree(ECHO, folder / "echo", ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "echo" / "serverless.yml"
    file.write_text(file.read_text().replace("localServer: {}", f"localServer: {local_server}"))
    return file
