"""The hook in a real browser plays tests/scenarios.json."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.client.in_memory import Json
from tests.journeys.browsers import chromium
from tests.journeys.conftest import ROOT
from tests.journeys.hook import Page, built
from tests.journeys.hook_stage import HookStage
from tests.journeys.loopback import Loopback

SCENARIOS: list[Json] = json.loads((ROOT / "tests/scenarios.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    script = built()
    with chromium() as window:
        yield Page(window, script)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def loopback() -> AsyncIterator[Loopback]:
    async with Loopback() as made:
        yield made


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("follows", [False, True], ids=["leads", "follows"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario["name"]))
async def test_the_hook_passes(
    page: Page, loopback: Loopback, scenario: Json, follows: bool
) -> None:
    await HookStage(page, loopback).play(scenario, follows=follows)
