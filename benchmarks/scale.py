"""`python -m benchmarks.scale`: broadcasts to a thousand, ten thousand … a million connections.

The rules are the real ones: the planner, the deliverer, the fan-out. The gateway, the tables, the
queue and Lambda are simulated in virtual time with AWS's limits, latencies and prices, so a million
recipients take seconds here and cost nothing. Every read, write, post and message is counted.
"""

import argparse
import base64
import heapq
import json
import sys
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.measure import machine
from infra.admin.prices import read_prices
from infra.admin.usage import FORGET_WRITES
from infra.settings import POSTS_AT_ONCE
from infra.stores.directory import SHARD_SIZE, shard_of
from notify.deliveries import Deliverer
from notify.fanout import Fanout
from notify.jobs import PartJob
from notify.model import Connection, ConnectionId, Pattern, Principal, Subscriber, Username
from notify.pacing import Pace
from notify.parts import PLAN, Announcement, BroadcastJob, JobState, Part, Shard
from notify.ports import Audience, Outcome, Page
from tests.fakes import FakeBroadcastJobs, FakeConnections, FakeCounts, FakeLaterQueue, Memory

RESULTS = Path(__file__).parent / "results" / "scale.json"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
SEED = 4
EVERYBODY = Pattern("general")
PLACE = {"topic": EVERYBODY, "stream": EVERYBODY, "seq": 1}
FRAME = json.dumps(PLACE | {"message": "x" * 950})  # a kilobyte

# The account (docs.aws.amazon.com/apigateway/latest/developerguide/limits.html), default quotas.
QUOTA_A_SECOND = 10_000

# What a call takes, in ms: the middle of what AWS's own metrics show within a region.
READ_MS, WRITE_MS, QUEUE_MS, RECEIVE_MS, POST_MS = 5.0, 6.0, 8.0, 20.0, 10.0
LAMBDA_MS, LAMBDA_GB = 120_000.0, 0.5  # serverless.yml

SUBSCRIPTION_BYTES = 160
CONNECTION_BYTES = 1024
LIST = read_prices()
PRICES = {
    "post": LIST.first("websocket_message"),
    "read": LIST.first("dynamodb_read"),
    "write": LIST.first("dynamodb_write"),
    "message": LIST.first("sqs_request") * 2.1,  # received and deleted one by one, sent by tens
    "gb_second": LIST.first("lambda_gb_second"),
    "invocation": LIST.first("lambda_request"),
}


@dataclass
class Meter:
    """Virtual time, and what was used in it."""

    now_ms: float = 0.0
    used: Counter[str] = field(default_factory=Counter)
    posts_in_second: Counter[int] = field(default_factory=Counter)
    lambda_ms: float = 0.0
    deadline_ms: float = 0.0

    def remaining_ms(self) -> int:
        """Of the invocation that is at work."""
        return int(self.deadline_ms - self.now_ms)

    def clock(self) -> int:
        return int(self.now_ms)

    def sleep(self, seconds: float) -> None:
        self.now_ms += seconds * 1000

    def read(self, size: int = 1) -> None:
        """A consistent read of so many bytes."""
        self.used["read"] += -(-size // 4096)
        self.now_ms += READ_MS

    def write(self, units: int = 1) -> None:
        self.used["write"] += units
        self.now_ms += WRITE_MS

    def dollars(self) -> float:
        used = self.used | {"gb_second": self.lambda_ms / 1000 * LAMBDA_GB}
        return sum(used[name] * price for name, price in PRICES.items())


class Population:
    """So many connections, spread over shards as the directory spreads them."""

    def __init__(self, size: int) -> None:
        random = Random(SEED)
        self.shards = 1
        while size >= self.shards * SHARD_SIZE:
            self.shards *= 2
        self._ids: list[list[ConnectionId]] = [[] for _ in range(self.shards)]
        for _ in range(size):
            connection_id = _connection_id(random)
            self._ids[shard_of(connection_id, self.shards)].append(connection_id)
        for ids in self._ids:
            ids.sort()

    @property
    def balance(self) -> float:
        """The largest shard by the mean: what the last worker has more to do than the others."""
        sizes = [len(ids) for ids in self._ids]
        return max(sizes) * len(sizes) / sum(sizes)

    def size(self, shard: int) -> int:
        return len(self._ids[shard])

    def behind(self, shard: int, after: ConnectionId | None, limit: int) -> list[ConnectionId]:
        ids = self._ids[shard]
        start = 0 if after is None else bisect_right(ids, after)
        return ids[start : start + limit]


def _connection_id(random: Random) -> ConnectionId:
    """As API Gateway makes them: eleven bytes, and so an `=` at the end."""
    return ConnectionId(base64.urlsafe_b64encode(random.randbytes(11)).decode())


class SimulatedSubscriptions:
    """Pages of the population, paid for by their bytes."""

    def __init__(self, population: Population, meter: Meter) -> None:
        self._population = population
        self._meter = meter

    def audiences(self, pattern: Pattern) -> list[Audience]:
        self._meter.read()
        return [Audience(pattern, self._population.shards)]

    def exactly(self, patterns: Iterable[Pattern]) -> list[Audience]:
        return [audience for pattern in patterns for audience in self.audiences(pattern)]

    def sizes(self, audiences: Iterable[Audience]) -> Mapping[Shard, int]:
        self._meter.read(self._population.shards * 60)
        return {
            Shard(EVERYBODY, number): self._population.size(number)
            for number in range(self._population.shards)
        }

    def page(
        self, pattern: Pattern, shard: int, after: ConnectionId | None, limit: int, now: int
    ) -> Page:
        ids = self._population.behind(shard, after, limit)
        self._meter.read(max(1, len(ids) * SUBSCRIPTION_BYTES))
        subscribers = tuple(
            Subscriber(each, Username("u"), -60_000, 1 << 50, pattern, shard) for each in ids
        )
        return Page(subscribers, ids[-1] if len(ids) == limit else None)


class SimulatedGateway:
    """POSTS_AT_ONCE, ten milliseconds each; some are Gone, some throttled once."""

    def __init__(self, meter: Meter, gone: float, throttled: float) -> None:
        self._meter = meter
        self._random = Random(SEED)
        self._gone = gone
        self._throttled = throttled
        self.reached: set[ConnectionId] = set()

    def post(self, connection_id: ConnectionId, frame: bytes) -> Outcome:
        self._meter.used["post"] += 1
        self._meter.posts_in_second[int(self._meter.now_ms // 1000)] += 1
        die = self._random.random()
        if die < self._throttled:
            return Outcome.FAILED
        if die < self._throttled + self._gone:
            return Outcome.GONE
        self.reached.add(connection_id)
        return Outcome.POSTED

    def post_each(
        self, frames: Mapping[ConnectionId, bytes]
    ) -> Iterator[tuple[ConnectionId, Outcome]]:
        for number, (connection_id, frame) in enumerate(frames.items()):
            if number % POSTS_AT_ONCE == 0:
                self._meter.now_ms += POST_MS
            yield connection_id, self.post(connection_id, frame)

    def is_open(self, connection_id: ConnectionId) -> bool:
        """Not asked by a broadcast."""
        raise NotImplementedError

    def is_open_each(
        self, connection_ids: Iterable[ConnectionId]
    ) -> Iterator[tuple[ConnectionId, bool]]:
        raise NotImplementedError

    def disconnect(self, connection_id: ConnectionId) -> None:
        """Nobody is expelled here."""

    def disconnect_each(self, connection_ids: Iterable[ConnectionId]) -> None:
        """Nor here."""


class MeteredJobs(FakeBroadcastJobs):
    """The job and its parts, with each access paid for."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def get(self, broadcast_id: str) -> BroadcastJob | None:
        self._meter.read(1024)
        return super().get(broadcast_id)

    def announcement(self, broadcast_id: str) -> Announcement:
        self._meter.read(1024)
        return super().announcement(broadcast_id)

    def part(self, broadcast_id: str, number: int) -> Part | None:
        self._meter.read(1024)
        return super().part(broadcast_id, number)

    def add_part(self, job: BroadcastJob, part: Part) -> bool:
        self._meter.write()
        return super().add_part(job, part)

    def checkpoint(self, broadcast_id: str, part: Part) -> Part | None:
        self._meter.write(1 + len(part.pending) * SUBSCRIPTION_BYTES // 1024)
        return super().checkpoint(broadcast_id, part)

    def finish(self, broadcast_id: str, number: int) -> BroadcastJob | None:
        self._meter.write(2)
        return super().finish(broadcast_id, number)


class MeteredCounts(FakeCounts):
    """One write for each counter that moves."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(Memory())
        self._meter = meter

    def add(self, amounts: Mapping[str, int]) -> None:
        self._meter.write(sum(amount != 0 for amount in amounts.values()))
        super().add(amounts)


class MeteredConnections(FakeConnections):
    """All of them have a row; what reading it costs, and forgetting a connection that is gone."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(Memory())
        self._meter = meter

    def get_each(self, connection_ids: Iterable[ConnectionId]) -> Mapping[ConnectionId, Connection]:
        ids = list(connection_ids)
        self._meter.read(len(ids) * CONNECTION_BYTES)
        principal = Principal(Username("u"), frozenset(), None, 1 << 50)
        return {each: Connection(each, principal, -60_000, frozenset({EVERYBODY})) for each in ids}

    def forget(self, subscriber: Subscriber) -> Any:
        self._meter.write(FORGET_WRITES)
        return super().forget(subscriber)


class Queue:
    """SQS: messages and when they become visible."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._waiting: list[tuple[float, int, PartJob]] = []

    def put(self, jobs: Iterable[PartJob], delay_seconds: int = 0) -> None:
        for job in jobs:
            number = self._meter.used["message"] = self._meter.used["message"] + 1
            due = self._meter.now_ms + delay_seconds * 1000
            heapq.heappush(self._waiting, (due, number, job))
        self._meter.now_ms += QUEUE_MS

    def take(self) -> tuple[float, PartJob] | None:
        if not self._waiting:
            return None
        due, _, job = heapq.heappop(self._waiting)
        return due, job


@dataclass(frozen=True)
class Run:
    """What one broadcast took."""

    recipients: int
    shards: int
    balance: float
    seconds: float
    posts_a_second: float
    busiest_second: int
    reads: int
    writes: int
    messages: int
    invocations: int
    dollars: float
    cpu_us_a_recipient: float
    unreached: int

    def row(self) -> dict[str, Any]:
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in vars(self).items()
        }


def run(recipients: int, pace: Pace, gone: float = 0.01, throttled: float = 0.005) -> Run:
    """One broadcast of one kilobyte to so many connections."""
    population, meter = Population(recipients), Meter()
    gateway = SimulatedGateway(meter, gone, throttled)
    counts = MeteredCounts(meter)
    queue, jobs = Queue(meter), MeteredJobs(meter)
    fanout = Fanout(gateway, MeteredConnections(meter), FakeLaterQueue(), meter.clock)
    deliverer = Deliverer(
        subscriptions=SimulatedSubscriptions(population, meter),
        counts=counts,
        fanout=fanout,
        jobs=jobs,
        deliveries=queue,
        pace=pace,
        clock=meter.clock,
        sleep=meter.sleep,
    )
    job = BroadcastJob(
        "bc_1", Username("root"), EVERYBODY, "ntf_1", 0, None, recipients, population.shards
    )
    jobs.begin(job, Announcement(FRAME))
    queue.put([PartJob(job.id, PLAN)])
    started = time.process_time()
    _work_off(queue, deliverer, meter, pace.workers)
    cpu = time.process_time() - started
    finished = jobs.get(job.id)
    if finished is None or finished.state is not JobState.DONE:
        raise RuntimeError(f"the broadcast ended {finished and finished.state}")
    parts = jobs.parts(job.id)
    if sum(part.delivered + part.gone + part.failed for part in parts) != recipients:
        raise RuntimeError("somebody was left out, or counted twice")
    seconds = max(meter.posts_in_second) + 1
    return Run(
        recipients=recipients,
        shards=population.shards,
        balance=population.balance,
        seconds=seconds,
        posts_a_second=recipients / seconds,
        busiest_second=max(meter.posts_in_second.values()),
        reads=meter.used["read"],
        writes=meter.used["write"],
        messages=meter.used["message"],
        invocations=meter.used["invocation"],
        dollars=meter.dollars(),
        cpu_us_a_recipient=cpu / recipients * 1e6,
        unreached=sum(part.failed for part in parts),
    )


def _work_off(queue: Queue, deliverer: Deliverer, meter: Meter, workers: int) -> None:
    """Each message is taken by whichever worker is free first."""
    free = [0.0] * workers
    while (taken := queue.take()) is not None:
        due, message = taken
        began = meter.now_ms = max(heapq.heappop(free), due) + RECEIVE_MS
        meter.deadline_ms = began + LAMBDA_MS
        meter.used["invocation"] += 1
        deliverer.run(message, meter.remaining_ms)
        meter.lambda_ms += meter.now_ms - began
        heapq.heappush(free, meter.now_ms)


def report(pace: Pace, sizes: Iterable[int]) -> list[Run]:
    print(f"\n{pace.posts_a_second:,} posts a second, {pace.workers} workers")
    print(
        f"{'recipients':>11} {'shards':>6} {'balance':>7} {'seconds':>8} {'posts/s':>8}"
        f" {'peak/s':>7} {'reads':>9} {'writes':>8} {'messages':>8} {'dollars':>8} {'µs CPU':>7}"
    )
    runs = []
    for size in sizes:
        done = run(size, pace)
        runs.append(done)
        print(
            f"{done.recipients:>11,} {done.shards:>6} {done.balance:>7.3f} {done.seconds:>8.0f}"
            f" {done.posts_a_second:>8,.0f} {done.busiest_second:>7,} {done.reads:>9,}"
            f" {done.writes:>8,} {done.messages:>8,} {done.dollars:>8.4f}"
            f" {done.cpu_us_a_recipient:>7.1f}"
        )
    return runs


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="recipients (1000000)")
    most = parser.parse_args().most
    sizes = [size for size in SIZES if size <= most]
    paces = (Pace(), Pace(posts_a_second=8000, workers=10))
    runs = {f"{pace.posts_a_second}": report(pace, sizes) for pace in paces}
    measured_on = machine()
    result = {
        "machine": measured_on,
        "prices": PRICES,
        "posts_a_second": {name: [each.row() for each in done] for name, done in runs.items()},
    }
    if most == SIZES[-1]:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(f"\n{', '.join(measured_on.values())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
