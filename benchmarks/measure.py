"""Samples, medians, the ratio of two things measured in turn, and word of how it goes."""

import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Work = Callable[[], Awaitable[object]]

_BEGAN = time.monotonic()


@dataclass(frozen=True)
class Figure:
    """A subject beside its baseline, in one unit. Below 1, `ratio` says the subject is cheaper."""

    name: str
    subject: str
    baseline: str
    unit: str
    subject_median: float
    baseline_median: float
    rounds: int

    @property
    def ratio(self) -> float:
        return self.subject_median / self.baseline_median

    def row(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": round(self.ratio, 3)}


@dataclass(frozen=True)
class Measured:
    """Figures, and what was left out of them, with the reason."""

    figures: list[Figure]
    left_out: dict[str, str] = field(default_factory=dict)


class LeftOut(Exception):
    """What was to be measured is not here; the text says why, and how to get it."""


def entered(
    stack: ExitStack, peers: Mapping[str, AbstractContextManager[T]]
) -> tuple[dict[str, T], dict[str, str]]:
    """Those that are there, started; and why others are not."""
    here: dict[str, T] = {}
    left_out: dict[str, str] = {}
    for name, peer in peers.items():
        try:
            here[name] = stack.enter_context(peer)
        except LeftOut as reason:
            progress(f"{name} is left out: {reason}")
            left_out[name] = str(reason)
    return here, left_out


def progress(text: str) -> None:
    """To stderr, with the seconds since the start."""
    print(f"{time.monotonic() - _BEGAN:5.0f} s  {text}", file=sys.stderr, flush=True)


def every_round(what: str, rounds: int) -> range:
    """Numbers of rounds, of which the terminal hears."""
    progress(f"{what}, {rounds} rounds")
    return range(rounds)


async def nothing() -> None: ...


async def latency_ms(work: Work, times: int, after: Work = nothing) -> list[float]:
    """What each of `times` awaited calls takes, in milliseconds, the shortest first. What is done
    `after` each does not count."""
    samples = []
    for _ in range(times):
        started = time.perf_counter_ns()
        await work()
        samples.append((time.perf_counter_ns() - started) / 1e6)
        await after()
    return sorted(samples)


def p99(in_order: list[float]) -> float:
    return in_order[len(in_order) * 99 // 100]


def machine() -> dict[str, str]:
    """What ran it, without naming it."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(_cores()),
        "load": f"{os.getloadavg()[0]:.1f}",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
