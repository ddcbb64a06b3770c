"""`python -m benchmarks.fanout`: what a recipient of a broadcast costs, from its row to its post.

The fan-out is the real one. Both engines read the same pages and post the same frames, over TLS,
to peers that answer after ten milliseconds, in turn.
"""

import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.aws_sink import aws_sink
from benchmarks.measure import Figure, in_turn, machine
from infra import tables
from infra.curl_gateway import CurlGateway
from infra.gateway import ApiGateway
from infra.stores.subscriber_pages import CurlSubscriptions
from infra.stores.subscriptions import DynamoSubscriptions
from notify.fanout import Fanout
from notify.model import Pattern, Subscriber
from notify.ports import PAGE_SIZE, Gateway, Subscriptions
from tests.fakes import FakeConnections, FakeLaterQueue, Memory

FRAME = b'{"type":"notification","data":"' + b"x" * 450 + b'"}'
REGION, TOPIC = "eu-central-1", Pattern("bench")
SUBJECT, BASELINE = "msgspec and libcurl", "PynamoDB and boto3, 16 threads"
# Enough of each to take a tenth of a second.
SUBJECT_PAGES, BASELINE_PAGES = 20, 2


def measure(rounds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, aws_sink(Path(folder), PAGE_SIZE) as url:
        os.environ |= {
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_SESSION_TOKEN": "t" * 500,  # as long as a role's
            "AWS_CA_BUNDLE": f"{folder}/ca.pem",
            "AWS_ENDPOINT_URL_DYNAMODB": url,
        }
        tables.bind("bench-", REGION)
        fast = _Engine(CurlSubscriptions(REGION), CurlGateway(f"{url}/bench", REGION))
        plain = _Engine(DynamoSubscriptions(), ApiGateway(f"{url}/bench", REGION))
        return [
            _figure("read a subscriber", fast.read, plain.read, rounds),
            _figure("post to a connection", fast.post, plain.post, rounds),
            _figure("a recipient of a broadcast", fast.fan_out, plain.fan_out, rounds),
            _memory(fast),
        ]


class _Engine:
    def __init__(self, subscriptions: Subscriptions, gateway: Gateway) -> None:
        memory = Memory()
        self._subscriptions = subscriptions
        self._gateway = gateway
        self._fanout = Fanout(gateway, FakeConnections(memory), FakeLaterQueue(), memory.clock)
        self._subscribers = self._page()

    def read(self, pages: int) -> None:
        for _ in range(pages):
            self._page()

    def post(self, pages: int) -> None:
        ids = [each.connection_id for each in self._subscribers]
        for _ in range(pages):
            for _ in self._gateway.post_each(dict.fromkeys(ids, FRAME)):
                pass

    def fan_out(self, pages: int) -> None:
        for _ in range(pages):
            assert self._fanout.deliver(FRAME, self._page()).posted == PAGE_SIZE

    def _page(self) -> tuple[Subscriber, ...]:
        return self._subscriptions.page(TOPIC, 0, None, PAGE_SIZE, now=0).subscribers


def _figure(
    name: str, subject: Callable[[int], None], baseline: Callable[[int], None], rounds: int
) -> Figure:
    def cpu_us(work: Callable[[int], None], pages: int) -> float:
        started = time.process_time_ns()
        work(pages)
        return (time.process_time_ns() - started) / 1000 / pages / PAGE_SIZE

    subject(1)
    baseline(1)
    medians = in_turn(
        lambda: cpu_us(subject, SUBJECT_PAGES), lambda: cpu_us(baseline, BASELINE_PAGES), rounds
    )
    return Figure(name, SUBJECT, BASELINE, "CPU µs", *medians, rounds)


def _memory(engine: _Engine) -> Figure:
    """The process's peak, which does not sink: after a few recipients, and after many more."""
    engine.fan_out(10)
    before = _peak_mb()
    engine.fan_out(200)
    return Figure(
        "memory of the fan-out", "21,000 recipients", "1,000", "MB", _peak_mb(), before, 1
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    for figure in measure(rounds=7):
        print(
            f"{figure.name:<28} {figure.subject_median:8.1f} {figure.unit:<7}"
            f" {figure.baseline_median / figure.subject_median:6.1f} times less than"
            f" {figure.baseline} ({figure.baseline_median:.1f})"
        )
    print(", ".join(machine().values()))
