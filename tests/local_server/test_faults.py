"""Faults: whom they strike, how often, and the same way in every run."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.faults import Call, Fault, FaultKind, Faults


def test_without_faults_nothing_strikes() -> None:
    assert Faults().strike(FaultKind.POST_GONE, Call("c")) is None


def test_a_fault_strikes_its_kind_alone() -> None:
    faults = Faults()
    faults.add(fault := Fault(FaultKind.POST_GONE))
    assert faults.strike(FaultKind.POST_GONE, Call("c")) is fault
    assert faults.strike(FaultKind.POST_FAILED, Call("c")) is None


@pytest.mark.parametrize("scope", ["connection", "route", "function"])
def test_a_fault_strikes_within_its_scope_alone(scope: str) -> None:
    scoped: Any = {scope: "mine"}
    faults = Faults()
    faults.add(Fault(FaultKind.WORKER_KILLED, **scoped))
    assert faults.strike(FaultKind.WORKER_KILLED, Call(**scoped))
    assert not faults.strike(FaultKind.WORKER_KILLED, Call(**{scope: "other"}))
    assert not faults.strike(FaultKind.WORKER_KILLED, Call())


def test_a_fault_ends_after_its_times() -> None:
    faults = Faults()
    number = faults.add(Fault(FaultKind.POST_THROTTLED, times=2))
    struck = [bool(faults.strike(FaultKind.POST_THROTTLED, Call())) for _ in range(4)]
    assert struck == [True, True, False, False]
    assert (faults.strikes(number), faults.in_force()) == (2, {})


def test_a_fault_can_be_taken_away() -> None:
    faults = Faults()
    number = faults.add(Fault(FaultKind.POST_GONE))
    assert faults.remove(number)
    assert not faults.remove(number)
    assert not faults.strike(FaultKind.POST_GONE, Call())


def pattern(seed: int, *, others: int = 0) -> list[bool]:
    faults = Faults(seed)
    faults.add(Fault(FaultKind.POST_GONE, probability=0.5))
    faults.add(Fault(FaultKind.POST_FAILED, probability=0.5))
    struck = []
    for _ in range(200):
        struck.append(bool(faults.strike(FaultKind.POST_GONE, Call())))
        for _ in range(others):
            faults.strike(FaultKind.POST_FAILED, Call())
    return struck


@given(st.integers(), st.integers(0, 3))
def test_a_seed_repeats_whatever_the_other_faults_do(seed: int, others: int) -> None:
    assert pattern(seed) == pattern(seed, others=others)


def test_another_seed_strikes_otherwise_and_about_as_often_as_asked() -> None:
    assert pattern(1) != pattern(2)
    assert 60 < sum(pattern(1)) < 140


def test_clearing_starts_the_numbers_and_the_dice_anew() -> None:
    faults = Faults(3)

    def run() -> list[bool]:
        faults.add(Fault(FaultKind.POST_GONE, probability=0.5))
        return [bool(faults.strike(FaultKind.POST_GONE, Call())) for _ in range(50)]

    first = run()
    faults.clear()
    assert run() == first


@pytest.mark.parametrize(
    "wrong", [{"probability": 1.1}, {"probability": -0.1}, {"times": 0}, {"delay_ms": -1}]
)
def test_a_senseless_fault_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"probability|times|delay_ms"):
        Fault(FaultKind.POST_GONE, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("scope", ["route", "function"])
@pytest.mark.parametrize("kind", ["post-lost", "disconnect-lost", "connection-failed"])
def test_a_fault_that_could_never_strike_is_refused(kind: str, scope: str) -> None:
    with pytest.raises(ValueError, match="narrowed to a connection"):
        Fault(FaultKind(kind), **{scope: "any"})  # type: ignore[arg-type]


def test_every_kind_of_fault_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "testing.md").read_text()
    assert all(f"`{kind.value}`" in text for kind in FaultKind)


def test_a_listener_hears_of_each_strike() -> None:
    faults = Faults()
    heard: list[object] = []
    faults.listeners.append(lambda *strike: heard.append(strike))
    number = faults.add(fault := Fault(FaultKind.POST_GONE, connection="c"))
    faults.strike(FaultKind.POST_GONE, Call("other"))
    faults.strike(FaultKind.POST_GONE, Call("c"))
    assert heard == [(number, fault, Call("c"))]
