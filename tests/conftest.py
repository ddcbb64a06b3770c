"""Fixtures that more than one folder uses."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from moto.core.config import DefaultConfig

from infra import tables, wiring
from infra.invocation import follow
from tests.aws import PREFIX, REGION, create_queues, create_tables
from tests.gateway_server import GatewayServer
from tests.rows import carry_to_moto

TESTS = Path(__file__).parent
TEST_KEY = "a-key-for-tests-of-at-least-32-bytes"
# Files that take half a minute and more.
LONG = (
    "test_house.py",
    "infra/stores/test_once.py",
    "infra/stores/test_broadcasts.py",
    "journeys/test_broadcast_jobs.py",
    "journeys/test_storm.py",
    "journeys/test_sweep.py",
    "local_server/test_churn.py",
    "local_server/test_server.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, then short ones, those of the rules last: with a file for each of several
    processes, none is left alone at the end with a long one.
    """
    items.sort(key=lambda item: _turn(item.path.relative_to(TESTS).as_posix()))


def pytest_collection_finish() -> None:
    """Handlers leave the collector off until their first invocation, which may not come here."""
    gc.enable()


def _turn(file: str) -> int:
    return 0 if file in LONG else 2 if file.startswith("notify/") else 1


@pytest.fixture(autouse=True)
def _no_request() -> None:
    """What a test before was about is not in the lines and messages of this one."""
    follow(None)


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test can reach a real account, whatever the machine it runs on is logged in to."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def gateway_server() -> Iterator[GatewayServer]:
    """An `@connections` API that knows which connections are open, as moto's does not."""
    with GatewayServer() as server:
        yield server


@pytest.fixture
def aws(gateway_server: GatewayServer) -> Iterator[None]:
    """moto in process, with our tables in it."""
    passthrough: DefaultConfig = {
        "core": {
            "mock_credentials": True,
            "passthrough": {"urls": [rf"{gateway_server.url}/.*"], "services": []},
            "reset_boto3_session": True,
            "service_whitelist": None,
        }
    }
    with mock_aws(config=passthrough):
        create_tables()
        tables.bind(PREFIX, REGION)
        carry_to_moto()
        yield


@pytest.fixture
def service(
    aws: None, gateway_server: GatewayServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """The environment of a deployed function; its queues' URLs are returned by logical id."""
    urls = create_queues()
    environment = {
        "STAGE": "test",
        "TABLE_PREFIX": PREFIX,
        "JWT_KEYS": f'{{"test": {{"alg": "HS256", "key": "{TEST_KEY}"}}}}',
        "JWT_ISSUER": "heliograph",
        "JWT_AUDIENCE": "heliograph",
        "WS_REFUSAL": "frame",
        "HTTP_ENGINE": "boto3",  # moto in process knows of nothing else
        "PUBLIC_TOPICS": "*",
        "PRESENCE_TOPICS": "room:*",
        "REFUSALS_QUEUE_URL": urls["RefusalsQueue"],
        "DELIVERIES_QUEUE_URL": urls["DeliveriesQueue"],
        "LATER_QUEUE_URL": urls["LaterQueue"],
        "CALLBACK_ENDPOINT": gateway_server.url,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    wiring.reset()
    yield urls
    wiring.reset()
