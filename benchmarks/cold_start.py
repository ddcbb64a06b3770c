"""Cold starts: what a new process costs until it has answered once, beside a naive handler.

`python -m benchmarks.cold_start` measures them alone, and says where the time and the memory go.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import connect as open_socket

from benchmarks.measure import Figure, machine
from benchmarks.service import running_service
from infra import tables
from infra.stores.broadcasts import DynamoBroadcastJobs
from local_server.testing import Running
from notify.jobs import PartJob, encode_job
from notify.model import Pattern, Username
from notify.parts import PLAN, Announcement, BroadcastJob
from tests import events

ROOT = Path(__file__).parent.parent
NAIVE = "naive $connect: PynamoDB, boto3, PyJWT at the top"
SEND = {"user_id": "bench", "notification_type": "n", "title": "t", "message": "m"}
SEND_ROUTE = "POST /api/v1/notifications/send-realtime"
WARM_TIMES = 30
TOPIC = Pattern("general")
# A step, and the CPU in ms and the memory in MiB until it was done.
Spent = tuple[str, float, float]
NOTHING: Spent = ("", 0.0, 0.0)
FIRST = 1000  # connections of a second measurement are others
# A package brings it along, whatever this machine's Python is told.
BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}
# What a step-by-step start imports one by one, as far as the function imports it at all. msgspec
# comes with handlers, pycurl with infra.engines.
STEPS = (
    *("handlers", "infra.engines", "urllib3", "botocore.session", "pynamodb.models"),
    *("cryptography.x509", "jwt", "notify.tokens"),
)


def measure(
    running: Running, token: str, rounds: int, python: str = sys.executable
) -> list[Figure]:
    """`token`: of a user who may send, and who is connected meanwhile. All are measured in turn."""
    samples: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with _somebody_connected(running, token) as connected:
        for number in range(rounds + 1):
            for name, module, event in _starts(running, number, token, connected):
                times = WARM_TIMES if name == "message" else 0
                measured = _start(python, running, module, event, times)
                if number:  # the first compiles what was not compiled yet
                    samples[name].append(measured)
    return list(_figures(samples, rounds))


@contextmanager
def _somebody_connected(running: Running, token: str) -> Iterator[str]:
    """A connection's id. What is posted to it is not read."""
    os.environ.update(running.environment)
    url = f"{running.websocket_urls[-1]}?token={token}"
    with open_socket(url, ping_interval=None, max_queue=None) as socket:
        socket.send('{"type":"ping"}')
        socket.recv()
        yield str(running.open_connections[-1])


def _starts(
    running: Running, number: int, token: str, connected: str
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    knock = events.connect(f"naive{number:07}=", token)
    yield "naive", "benchmarks.cold.naive", {**knock, "post_to": connected}
    yield "connect", "handlers.connect", events.connect(f"ours{number:08}=", token)
    yield "message", "handlers.message", events.message(connected, {"type": "ping"})
    yield "send", "handlers.send", events.request(SEND_ROUTE, SEND, token)
    job = encode_job(PartJob(_queued(running, number), PLAN))
    yield "deliver", "handlers.deliver", events.batch("deliveries", job)


def _queued(running: Running, number: int) -> str:
    """The id of a broadcast that is to be planned; the emulator's own function does the rest."""
    tables.bind(running.environment["TABLE_PREFIX"], running.environment["AWS_REGION"])
    now = time.time_ns() // 1_000_000
    name = f"bc_{now:012x}{number:016}"
    job = BroadcastJob(name, Username("bench"), TOPIC, name, now, None, 1, 1)
    DynamoBroadcastJobs(lambda: now, lambda: name).begin(job, Announcement("{}", frozenset()))
    return name


def _start(
    python: str,
    running: Running,
    module: str,
    event: dict[str, Any],
    times: int = 0,
    steps: Iterable[str] = (),
) -> dict[str, Any]:
    done = subprocess.run(
        [python, "-m", "benchmarks.cold.start", module, str(times), *steps],
        cwd=ROOT,
        env=os.environ | running.environment | BYTECODE,
        input=json.dumps(event),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _figures(samples: dict[str, list[dict[str, Any]]], rounds: int) -> Iterator[Figure]:
    def median(name: str, what: str) -> float:
        return statistics.median(float(each[what]) for each in samples[name])

    for name in ("connect", "message", "send", "deliver"):
        for what, unit in (("cold_ms", "CPU ms"), ("mib", "MiB")):
            yield Figure(
                f"cold start of {name}",
                "a new process, its first answer",
                NAIVE,
                unit,
                median(name, what),
                median("naive", what),
                rounds,
            )
    yield Figure(
        "a frame, warm",
        "handlers.message: a read, a post",
        "goal",
        "CPU ms",
        median("message", "warm_ms"),
        3.0,
        rounds,
    )


def step_by_step(running: Running, token: str, rounds: int, python: str) -> Iterator[str]:
    """A table of each function: what each step adds, in medians."""
    spent: dict[str, list[list[Spent]]] = defaultdict(list)
    wanted: dict[str, list[str]] = {}
    with _somebody_connected(running, token) as connected:
        for number in range(rounds + 1):
            for name, module, event in _starts(running, FIRST + number, token, connected):
                measured = _start(python, running, module, event, 0, wanted.get(name, ()))
                if number:
                    spent[name].append(measured["steps"])
                else:  # which compiles what was not compiled yet, and says what there is
                    wanted[name] = [step for step in STEPS if step in measured["imported"]]
    for name, starts in spent.items():
        yield f"\n{name}, step by step"
        so_far = [[NOTHING] * rounds, *map(list, zip(*starts, strict=True))]
        yield from map(_step, so_far, so_far[1:])
        yield _step(so_far[0], [("in all", ms, mib) for _, ms, mib in so_far[-1]])


def _step(before: list[Spent], now: list[Spent]) -> str:
    """A line; both are of the same starts, in the same order."""
    added = [(b[1] - a[1], b[2] - a[2]) for a, b in zip(before, now, strict=True)]
    ms, mib = (statistics.median(each) for each in zip(*added, strict=True))
    return f"  {now[0][0]:<24}{ms:8.1f} ms {mib:6.1f} MiB"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="medians are of this many (9)")
    parser.add_argument(
        "--python",
        default=sys.executable,
        help="what starts, such as one of Lambda's version with requirements-lambda.txt (this one)",
    )
    options = parser.parse_args()
    rounds, python = options.rounds, options.python
    with running_service() as (running, token):
        for figure in measure(running, token, rounds, python):
            print(
                f"{figure.name:<24}{figure.subject_median:8.1f} {figure.unit:<7}"
                f"{figure.ratio:6.2f} of {figure.baseline_median:.1f}, {figure.baseline}"
            )
        for line in step_by_step(running, token, rounds, python):
            print(line)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"\n{', '.join(machine().values())}; load {load}; medians of {rounds} starts of {python}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
