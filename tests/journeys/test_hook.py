"""The hook in a real browser plays tests/scenarios.json: before a script, and the emulator."""

import json
import os
import signal
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from benchmarks.processes import emulator
from tests.client.in_memory import Json
from tests.journeys.browsers import chromium
from tests.journeys.conftest import ROOT, Service, mint, running_service
from tests.journeys.emulated import Emulated
from tests.journeys.hook import Hook, Page, built
from tests.journeys.hook_plays import PLAYS, RACES
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


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """Of its own, for its clock is moved; three connections a user are enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAX_CONNECTIONS_PER_USER", "3")
        with running_service() as made:
            yield made


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("follows", [False, True], ids=["leads", "follows"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario["name"]))
async def test_the_hook_passes(
    page: Page, loopback: Loopback, scenario: Json, follows: bool
) -> None:
    await HookStage(page, loopback).play(scenario, follows=follows)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.soak if name in RACES else ()) for name in PLAYS]
)
def test_the_hook_passes_before_the_emulator(page: Page, service: Service, name: str) -> None:
    hook = Emulated(page, service)
    PLAYS[name](hook)
    hook.end()


def test_what_the_emulator_plays_is_in_the_list() -> None:
    assert PLAYS.keys() <= {scenario["name"] for scenario in SCENARIOS}


def send(url: str, title: str) -> None:
    body = {"user_id": "bob", "notification_type": "t", "title": title, "message": ""}
    headers = {"authorization": f"Bearer {mint('admin', 'admin')}"}
    route = f"{url}/api/v1/notifications/send-realtime"
    httpx.post(route, json=body, headers=headers, timeout=30).raise_for_status()


def test_the_hook_comes_back_to_a_server_that_was_killed(page: Page) -> None:
    hook = Hook(page)
    template = ROOT / "serverless.yml"
    with emulator(template) as first:
        hook.mount(first.http, "bob", tokens=[mint("bob")])
        hook.pull("open")
        hook.expect("state", is_="connected")
        send(first.http, "Before")
        hook.hears("Before")
        os.kill(first.pid, signal.SIGKILL)
        for ms in (500, 1000):
            hook.expect("delay", ms=ms)
            hook.later(ms)
    hook.expect("delay", ms=2000)
    with emulator(template, "--port", first.http.rpartition(":")[2]):
        hook.come_back(2000)
        # The store was in memory.
        lost = {("general", "epoch_changed"), ("user:bob", "epoch_changed")}
        hook.until(
            lambda seen: {(gap["stream"], gap["reason"]) for gap in seen.gaps} == lost,
            lambda seen: f"expected gaps {lost}, found {seen.gaps}",
        )
        send(first.http, "After")
        hook.hears("Before", "After")
        hook.shows("After")
        hook.end()
