"""Plays tests/scenarios.json, which every client of ours has to pass: see tests/scenarios.md."""

import json
from pathlib import Path

import pytest

from tests.client.in_memory import Json
from tests.client.stage import Stage

SCENARIOS: list[Json] = json.loads(
    (Path(__file__).parent.parent / "scenarios.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario["name"]))
async def test_the_client_passes(scenario: Json) -> None:
    assert scenario.keys() <= {"name", "why", "topics", "steps"}
    async with Stage(scenario.get("topics", [])) as stage:
        await stage.steps(*scenario["steps"])


def test_there_are_scenarios_enough() -> None:
    names = [scenario["name"] for scenario in SCENARIOS]
    assert len(names) >= 40
    assert len(names) == len(set(names))


async def test_a_step_that_is_not_known_fails() -> None:
    for step in ({"server": "dance"}, {"client": "open", "slowly": True}, {"expect": "rain"}):
        async with Stage([]) as stage:
            with pytest.raises(AssertionError, match="step 1"):
                await stage.steps(step)
