"""The authorized service behind a running emulator, and the issuer it trusts."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from local_server.testing import Running, emulator_in_thread
from tests.local_server.authorizers.issuer import Issuer, running_issuer

AUTHORIZED = Path(__file__).parents[1] / "sample" / "authorized" / "serverless.yml"


@pytest.fixture(scope="session")
def trusted() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="session")
def service(trusted: Issuer) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SAMPLE_ISSUER", trusted.url)
        with emulator_in_thread(AUTHORIZED) as running:
            yield running


@pytest.fixture
async def http(service: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=service.http_url) as client:
        yield client
