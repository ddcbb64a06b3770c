import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from benchmarks.measure import Figure, LeftOut, entered, machine, p99


def figure(subject: float, baseline: float) -> Figure:
    return Figure("a post", "ours", "theirs", "CPU µs", subject, baseline, 5)


def test_a_ratio_is_the_subject_by_its_baseline() -> None:
    assert figure(50, 200).ratio == 0.25
    assert figure(50, 200).row()["ratio"] == 0.25


def test_the_99th_percentile_leaves_one_in_a_hundred_above_it() -> None:
    assert p99([float(number) for number in range(1000)]) == 990
    assert p99([7.0]) == 7


@contextmanager
def peer(name: str, ended: list[str]) -> Iterator[str]:
    yield name
    ended.append(name)


@contextmanager
def absent() -> Iterator[str]:
    if not shutil.which("no such program"):
        raise LeftOut("there is no Node")
    yield "that"


def test_a_peer_that_is_not_here_is_left_out_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended: list[str] = []
    with ExitStack() as stack:
        here, left_out = entered(stack, {"this": peer("this", ended), "that": absent()})
        assert here == {"this": "this"}
    assert left_out == {"that": "there is no Node"}
    assert "that is left out: there is no Node" in capsys.readouterr().err
    assert ended == ["this"]


def test_the_machine_is_described_and_not_named() -> None:
    assert set(machine()) == {"python", "system", "processor", "cores", "load", "date"}
