"""local_server itself: echoes, bursts, handshakes and memory, beside a bare Sanic echo."""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from benchmarks import load
from benchmarks.emulator import bare_echo
from benchmarks.measure import Figure
from benchmarks.peers import serverless_offline

ROOT = Path(__file__).parent.parent
SERVICE = Path(__file__).parent / "echo" / "serverless.yml"
ECHO, POST = b'{"action":"echo"}', b'{"action":"post"}'
TIMES, CLIENTS, EACH = 1000, 16, 300
HANDSHAKES, SOCKETS, BURST = 1000, 5000, 20
START_TIMEOUT_S = 60
BARE, PEER = "bare Sanic echo", "serverless-offline"
WAY = "frame → handler process → frame"

T = TypeVar("T")


@dataclass(frozen=True)
class Started:
    """An emulator in processes of its own."""

    url: str
    pid: int


def measure(rounds: int) -> list[Figure]:
    with _started() as ours, bare_echo() as bare, serverless_offline() as peer:
        return [
            _idle(ours),
            *_latencies(ours, bare, peer, rounds),
            _rate(ours, bare, rounds),
            _handshakes(ours, bare, rounds),
            _burst(bare, rounds),
            _sockets(ours),
        ]


def _latencies(ours: Started, bare: str, peer: str | None, rounds: int) -> Iterator[Figure]:
    """All in turn, so that a machine that drifts drifts under each of them."""
    subjects = {("ours", ECHO): ours.url, ("ours", POST): ours.url, (BARE, ECHO): bare}
    if peer is not None:
        subjects |= {(PEER, ECHO): peer, (PEER, POST): peer}
    samples: dict[tuple[str, bytes], list[load.Latency]] = {key: [] for key in subjects}
    for _ in range(rounds):
        for (name, message), url in subjects.items():
            samples[name, message].append(_run(load.latency(url, message, TIMES)))
    for title, message in (("two-way echo", ECHO), ("echo by boto3's post", POST)):
        baselines = [(BARE, ECHO), *([(PEER, message)] if peer is not None else [])]
        for baseline in baselines:
            for part in ("p50", "p99"):
                mine = [getattr(one, part) for one in samples["ours", message]]
                theirs = [getattr(one, part) for one in samples[baseline]]
                yield _figure(title, WAY, baseline[0], f"ms {part}", mine, theirs)


def _rate(ours: Started, bare: str, rounds: int) -> Figure:
    def rate(url: str) -> float:
        return _run(load.throughput(url, ECHO, CLIENTS, EACH))

    mine, theirs = _in_turn(lambda: rate(ours.url), lambda: rate(bare), rounds)
    return _figure("two-way echoes", f"{CLIENTS} clients", BARE, "messages/s", mine, theirs)


def _handshakes(ours: Started, bare: str, rounds: int) -> Figure:
    def rate(url: str) -> float:
        return _run(load.connects(url, HANDSHAKES, at_once=20))

    mine, theirs = _in_turn(lambda: rate(ours.url), lambda: rate(bare), rounds)
    return _figure("handshakes", "$connect in a process", BARE, "connects/s", mine, theirs)


def _burst(bare: str, rounds: int) -> Figure:
    """Every round on an emulator that has started no worker yet."""
    mine = []
    for _ in range(rounds):
        with _started() as cold:
            mine.append(_run(load.burst(cold.url, ECHO, BURST)))
    theirs = [_run(load.burst(bare, ECHO, BURST)) for _ in range(rounds)]
    return _figure("cold burst of 20 frames", "20 new workers", BARE, "ms", mine, theirs)


def _idle(ours: Started) -> Figure:
    """With a worker for each function."""
    for message in (ECHO, POST):
        _run(load.latency(ours.url, message, 1))
    sizes = {pid: _memory_mb(pid) for pid in _family(ours.pid)}
    return Figure(
        "memory, idle", "emulator, store, template process, workers", "the emulator alone", "MB",
        sum(sizes.values()), sizes[ours.pid], 1,
    )  # fmt: skip


def _sockets(ours: Started) -> Figure:
    async def grown() -> float:
        before = _memory_mb(ours.pid)
        held = await load.hold(ours.url, SOCKETS)
        after = _memory_mb(ours.pid)
        for client in held:
            client.close()
        return (after - before) * 1024 / SOCKETS

    return Figure("an open connection", f"of {SOCKETS}", "goal", "KB", _run(grown()), 40.0, 1)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """On uvloop, which comes with Sanic: the client is to cost as little as it can."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def _in_turn(
    mine: Callable[[], float], theirs: Callable[[], float], rounds: int
) -> tuple[list[float], list[float]]:
    pairs = [(mine(), theirs()) for _ in range(rounds)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _figure(
    name: str, subject: str, baseline: str, unit: str, mine: list[float], theirs: list[float]
) -> Figure:
    medians = statistics.median(mine), statistics.median(theirs)
    return Figure(name, subject, baseline, unit, *medians, len(mine))


@contextmanager
def _started() -> Iterator[Started]:
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [
            sys.executable, "-m", "local_server", "--template", str(SERVICE), "--port", "0",
            "--ready-file", str(ready), "--log-level", "warning",
        ]  # fmt: skip
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            _wait_for(ready, process)
            yield Started(json.loads(ready.read_text())["websocket"], process.pid)
        finally:
            process.terminate()
            process.wait()


def _wait_for(ready: Path, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("the emulator did not start")
        time.sleep(0.02)


def _family(pid: int) -> list[int]:
    """The process and all that descend from it. Linux."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _memory_mb(pid: int) -> float:
    """Proportional: what workers share with the process they were forked from counts once."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    (line,) = (line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024
