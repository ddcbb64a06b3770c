import inspect
from enum import Enum
from types import ModuleType
from typing import Any

import pytest

from notify import ports, timetable
from notify.model import Pattern
from notify.ports import Audience, Outcome
from tests import fakes


def protocols(module: ModuleType) -> dict[str, Any]:
    return {
        name: kind
        for name, kind in vars(module).items()
        if isinstance(kind, type) and getattr(kind, "_is_protocol", False) and name != "Protocol"
    }


@pytest.mark.parametrize(("name", "port"), {**protocols(ports), **protocols(timetable)}.items())
def test_every_port_has_a_fake_of_the_same_shape(name: str, port: Any) -> None:
    fake = getattr(fakes, f"Fake{name}")
    for method, promised in inspect.getmembers(port, inspect.isfunction):
        if not method.startswith("_"):
            assert inspect.signature(getattr(fake, method)) == inspect.signature(promised)


def test_what_is_passed_through_a_port_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Audience(Pattern("a"), 1).shards = 2  # type: ignore[misc]


def test_a_post_ends_in_one_of_three_ways() -> None:
    assert issubclass(Outcome, Enum)
    assert {outcome.value for outcome in Outcome} == {"posted", "gone", "failed"}
