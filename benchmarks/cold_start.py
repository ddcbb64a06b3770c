"""Cold starts: what a new process costs until it has answered once, beside a naive handler."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import connect as open_socket

from benchmarks.measure import Figure
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


def measure(running: Running, token: str, rounds: int) -> list[Figure]:
    """`token`: of a user who may send, and who is connected meanwhile. All are measured in turn."""
    samples: dict[str, list[dict[str, float]]] = defaultdict(list)
    os.environ.update(running.environment)
    url = f"{running.websocket_urls[-1]}?token={token}"
    # What is posted to it meanwhile is not read.
    with open_socket(url, ping_interval=None, max_queue=None) as socket:
        socket.send('{"type":"ping"}')
        socket.recv()
        connected = str(running.open_connections[-1])
        for number in range(rounds + 1):
            for name, module, event in _starts(running, number, token, connected):
                measured = _start(running, module, event, WARM_TIMES if name == "message" else 0)
                if number:  # the first compiles what was not compiled yet
                    samples[name].append(measured)
    return list(_figures(samples, rounds))


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
    DynamoBroadcastJobs(lambda: now).begin(job, Announcement("{}", frozenset()))
    return name


def _start(running: Running, module: str, event: dict[str, Any], times: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cold.start", module, str(times)],
        cwd=ROOT,
        env=os.environ | running.environment,
        input=json.dumps(event),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def _figures(samples: dict[str, list[dict[str, float]]], rounds: int) -> Iterator[Figure]:
    def median(name: str, what: str) -> float:
        return statistics.median(each[what] for each in samples[name])

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
