"""Samples, medians and the ratio of two things measured in turn."""

import os
import platform
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any


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
        return {**asdict(self), "ratio": round(self.ratio, 2)}


def cpu_us(work: Callable[[], object], times: int) -> float:
    """CPU time of this process for one of `times` calls, in microseconds."""
    started = time.process_time_ns()
    for _ in range(times):
        work()
    return (time.process_time_ns() - started) / times / 1000


async def latency_ms(work: Callable[[], Awaitable[object]], times: int) -> float:
    """The median time that one of `times` awaited calls takes, in milliseconds."""
    samples = []
    for _ in range(times):
        started = time.perf_counter_ns()
        await work()
        samples.append((time.perf_counter_ns() - started) / 1e6)
    return statistics.median(samples)


def in_turn(
    subject: Callable[[], float], baseline: Callable[[], float], rounds: int
) -> tuple[float, float]:
    """Medians of both, measured A B A B, so that a machine that drifts drifts under both."""
    samples: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        samples[0].append(subject())
        samples[1].append(baseline())
    return statistics.median(samples[0]), statistics.median(samples[1])


def machine() -> dict[str, str]:
    """What ran it, without naming it."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(_cores()),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
