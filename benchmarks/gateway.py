"""local_server itself: echoes, bursts, handshakes and memory, beside a bare Sanic echo."""

import asyncio
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from benchmarks import load
from benchmarks.measure import Figure, Measured, entered, every_round, progress
from benchmarks.peers import Peer, ministack, serverless_offline
from benchmarks.processes import Started, bare_echo, emulator
from benchmarks.profiles import write_profile

SERVICE = Path(__file__).parent / "echo" / "serverless.yml"
ECHO, POST = b'{"action":"echo"}', b'{"action":"post"}'
CLIENTS, EACH = 16, 300
HANDSHAKES, SOCKETS, BURST = 1000, 5000, 20
OURS, BARE = "local_server", "bare Sanic echo"
OFFLINE, MINISTACK = "serverless-offline", "ministack"
TWO_WAY, BY_POST = "two-way echo", "echo by boto3's post"
IDLE = "memory, idle"

T = TypeVar("T")


def measure(rounds: int) -> Measured:
    with emulator(SERVICE) as ours, bare_echo() as bare, ExitStack() as stack:
        ready = {OFFLINE: serverless_offline(), MINISTACK: ministack()}
        peers, left_out = entered(stack, ready)
        figures = [
            *_idle(ours, peers),
            *_latencies(ours, bare, peers, rounds),
            _rate(ours, bare, rounds),
            _handshakes(ours, bare, rounds),
            _burst(bare, rounds),
            _sockets(ours),
        ]
    return Measured(figures, left_out)


def profile(file: Path) -> None:
    """Which functions the emulator's own process spends its time in, between socket and worker."""
    progress("profile of the emulator")
    with tempfile.TemporaryDirectory() as folder:
        seen = Path(folder) / "profile"
        with emulator(SERVICE, profile=seen) as ours:
            for message in (ECHO, POST):
                _run(load.throughput(ours.websocket, message, CLIENTS, EACH))
        write_profile(seen, file)


def _latencies(
    ours: Started, bare: str, peers: Mapping[str, Peer], rounds: int
) -> Iterator[Figure]:
    """All in turn, so that a machine that drifts drifts under each of them."""
    subjects = {OURS: Peer(ours.websocket, ours.pid), BARE: Peer(bare, 0), **peers}
    samples: dict[tuple[str, bytes], list[load.Latency]] = defaultdict(list)
    for _ in every_round("echoes", rounds):
        for name, peer in subjects.items():
            # The bare echo knows no routes.
            for message in (ECHO,) if name == BARE else (ECHO, POST):
                latency = load.latency(peer.url, message, peer.times, peer.warm)
                samples[name, message].append(_run(latency))
    for title, message in ((TWO_WAY, ECHO), (BY_POST, POST)):
        for name in (BARE, *peers):
            theirs = samples[name, ECHO if name == BARE else message]
            for part in ("p50", "p99"):
                yield _figure(
                    title,
                    OURS,
                    name,
                    f"ms {part}",
                    [getattr(one, part) for one in samples[OURS, message]],
                    [getattr(one, part) for one in theirs],
                )


def _rate(ours: Started, bare: str, rounds: int) -> Figure:
    def rate(url: str) -> float:
        return _run(load.throughput(url, ECHO, CLIENTS, EACH))

    mine, theirs = _in_turn("echoes a second", rate, ours, bare, rounds)
    return _figure("two-way echoes", f"{CLIENTS} clients", BARE, "messages/s", mine, theirs)


def _handshakes(ours: Started, bare: str, rounds: int) -> Figure:
    def rate(url: str) -> float:
        return _run(load.connects(url, HANDSHAKES, at_once=20))

    mine, theirs = _in_turn("handshakes", rate, ours, bare, rounds)
    return _figure("handshakes", "$connect in a process", BARE, "connects/s", mine, theirs)


def _burst(bare: str, rounds: int) -> Figure:
    """Every round on an emulator that has started no worker yet."""
    mine, theirs = [], []
    for _ in every_round("cold bursts", rounds):
        with emulator(SERVICE) as cold:
            mine.append(_run(load.burst(cold.websocket, ECHO, BURST)))
        theirs.append(_run(load.burst(bare, ECHO, BURST)))
    return _figure("cold burst of 20 frames", "20 new workers", BARE, "ms", mine, theirs)


def _idle(ours: Started, peers: Mapping[str, Peer]) -> Iterator[Figure]:
    """Of all processes, once both handlers have answered."""
    for url in (ours.websocket, *(peer.url for peer in peers.values())):
        for message in (ECHO, POST):
            _run(load.latency(url, message, 1, 1))
    mine = {pid: _memory_mb(pid) for pid in _family(ours.pid)}
    baselines = {"our emulator's process alone": mine[ours.pid]}
    for name, peer in peers.items():
        baselines[name] = sum(map(_memory_mb, _family(peer.pid)))
    for name, theirs in baselines.items():
        yield Figure(IDLE, "emulator, store, workers", name, "MB", sum(mine.values()), theirs, 1)


def _sockets(ours: Started) -> Figure:
    async def grown() -> float:
        before = _memory_mb(ours.pid)
        held = await load.hold(ours.websocket, SOCKETS)
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
    what: str, rate: Callable[[str], float], ours: Started, bare: str, rounds: int
) -> tuple[list[float], list[float]]:
    pairs = [(rate(ours.websocket), rate(bare)) for _ in every_round(what, rounds)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _figure(
    name: str, subject: str, baseline: str, unit: str, mine: list[float], theirs: list[float]
) -> Figure:
    medians = statistics.median(mine), statistics.median(theirs)
    return Figure(name, subject, baseline, unit, *medians, len(mine))


def _family(pid: int) -> list[int]:
    """The process and all that descend from it. Linux."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _memory_mb(pid: int) -> float:
    """Proportional: what workers share with the process they were forked from counts once."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    (line,) = (line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024
