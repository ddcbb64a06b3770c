"""Subjects in processes of their own, in turn, so that a machine that drifts does so under all."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.measure import LeftOut, entered, every_round

ROOT = Path(__file__).parent.parent
# What pins another botocore than ours, or is big, has an environment of its own; `make bench`
# makes it.
PEERS = ROOT / ".venv-bench" / "bin" / "python"


@dataclass(frozen=True)
class Cost:
    """Of one piece of work: CPU of its process, time, and the most memory that it has ever had."""

    cpu_us: float
    seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Subject:
    """`times` units of work take it about a tenth of a second of CPU."""

    name: str
    times: int
    python: Path = Path(sys.executable)


@dataclass(frozen=True)
class FarEnd:
    """Where everything is sent to, and the environment that leads there."""

    url: str
    environment: dict[str, str]


Ask = Callable[[int], Cost]


@contextmanager
def running(subject: Subject, far: FarEnd, profile: Path | None = None) -> Iterator[Ask]:
    """Raises LeftOut where it cannot start."""
    if not subject.python.exists():
        raise LeftOut("their environment is not here; make bench makes it, from the package index")
    command = [str(subject.python), "-m", "benchmarks.subjects", subject.name, far.url]
    if profile is not None:
        command.append(str(profile))
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | far.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        )
        with process:
            try:
                yield _ask(process, complaints)
                process.communicate()  # it ends with its stdin
            finally:
                process.kill()


def _ask(process: "subprocess.Popen[str]", complaints: IO[str]) -> Ask:
    told, heard = process.stdin, process.stdout
    assert told
    assert heard
    if heard.readline().strip() != "ready":
        raise LeftOut(_read(complaints)[-1])

    def ask(times: int) -> Cost:
        told.write(f"{times}\n")
        told.flush()
        line = heard.readline()
        if not line:
            raise RuntimeError("\n".join(_read(complaints)))
        return Cost(**json.loads(line))

    return ask


def _read(complaints: IO[str]) -> list[str]:
    complaints.seek(0)
    return complaints.read().strip().splitlines() or ["it ended"]


@dataclass(frozen=True)
class Medians:
    """Of one unit of work."""

    cpu_us: float
    a_second: float
    rounds: int


def medians(
    what: str, subjects: Mapping[str, Subject], far: FarEnd, rounds: int
) -> tuple[dict[str, Medians], dict[str, str]]:
    """By the subjects' titles; and why others were left out."""
    with ExitStack() as stack:
        starting = {title: running(subject, far) for title, subject in subjects.items()}
        asks, left_out = entered(stack, starting)
        for title, ask in asks.items():  # connections are opened, and code is warm
            ask(subjects[title].times)
        samples: dict[str, list[Cost]] = {title: [] for title in asks}
        for _ in every_round(what, rounds):
            for title, ask in asks.items():
                samples[title].append(ask(subjects[title].times))
    found = {title: _medians(costs, subjects[title].times) for title, costs in samples.items()}
    return found, left_out


def _medians(costs: list[Cost], times: int) -> Medians:
    return Medians(
        cpu_us=statistics.median(each.cpu_us for each in costs) / times,
        a_second=times / statistics.median(each.seconds for each in costs),
        rounds=len(costs),
    )
