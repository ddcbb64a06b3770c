"""What a recipient of a broadcast costs: its page, its post, both; and memory, up to a million.

The far end answers over TLS after ten milliseconds. It takes a core for itself; what counts is the
CPU of who reads and posts, and the time that it takes is told beside it.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.aws_sink import LATENCY_S, aws_sink
from benchmarks.measure import Figure, Measured, every_round, progress
from benchmarks.side_by_side import PEERS, Cost, FarEnd, Medians, Subject, medians, running
from benchmarks.subjects.load import REGION

OURS = "ours, libcurl"
POSTS = {
    OURS: Subject("posts_curl", 2000),
    "awscrt, its signer": Subject("posts_awscrt", 1000, PEERS),
    "aiobotocore, 100 at once": Subject("posts_aiobotocore", 200, PEERS),
    "boto3, one by one": Subject("posts_boto3", 100),
    "boto3, 16 threads": Subject("posts_boto3_threads", 100),
}
# What ours consists of: each does more than the one before, the last all that ours does.
LAYERS = {
    OURS: POSTS[OURS],
    "a bare loop of libcurl, in the clear": Subject("bare_plain", 2000),
    "the same over TLS": Subject("bare_tls", 2000),
    "the same, and signed": Subject("bare_signed", 2000),
}
PAGES = {
    OURS: Subject("pages_curl", 20),
    "boto3": Subject("pages_boto3", 2),
    "PynamoDB": Subject("pages_pynamodb", 2),
}
RECIPIENTS = {
    OURS: Subject("recipients_curl", 2000),
    "PynamoDB and boto3, one by one": Subject("recipients_boto3", 100),
    "PynamoDB and boto3, 16 threads": Subject("recipients_boto3_threads", 100),
}
DELIVER = Subject("deliver", 1)
# To a million at ten milliseconds is eight minutes of waiting.
DELIVER_LATENCY_S = 0.001
SIZES = (1_000, 10_000, 100_000, 1_000_000)
# A peak is no average: what takes long is done once.
OFTEN = 10_000


@contextmanager
def far_end(latency_s: float = LATENCY_S) -> Iterator[FarEnd]:
    with tempfile.TemporaryDirectory() as folder, aws_sink(Path(folder), latency_s) as urls:
        yield FarEnd(
            urls.tls,
            {
                "AWS_REGION": REGION,
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_SESSION_TOKEN": "t" * 500,  # as long as a role's
                "AWS_CA_BUNDLE": f"{folder}/ca.pem",
                "AWS_ENDPOINT_URL_DYNAMODB": urls.tls,
                "CALLBACK_ENDPOINT": f"{urls.tls}/bench",
                "PLAIN_URL": urls.plain,
                "TABLE_PREFIX": "bench-",
                "NO_PROXY": "127.0.0.1",
            },
        )


def measure(rounds: int, most: int) -> Measured:
    """`most`: recipients of the largest broadcast."""
    with far_end() as far:
        posts, no_peers = medians("posts", POSTS, far, rounds)
        layers, no_layers = medians("layers of a post", LAYERS, far, rounds)
        pages, _ = medians("pages", PAGES, far, rounds)  # of what is always here
        recipients, _ = medians("recipients", RECIPIENTS, far, rounds)
        figures = [
            *_cpu("a post", posts),
            *_rates("posts, by the clock", posts),
            *_cpu("a post, layer by layer", layers),
            *_cpu("a page of 1,000 subscribers", pages),
            *_cpu("a recipient of a broadcast", recipients),
        ]
    with far_end(DELIVER_LATENCY_S) as far:
        figures += _deliver(far, rounds, most)
    return Measured(figures, no_peers | no_layers)


def profile(file: Path) -> None:
    """Which functions the fan-out spends its time in."""
    subject = RECIPIENTS[OURS]
    progress("profile of the fan-out")
    with far_end() as far, running(subject, far, file) as ask:
        ask(10 * subject.times)


def _cpu(name: str, found: dict[str, Medians]) -> Iterator[Figure]:
    ours = found[OURS]
    for title, peer in found.items():
        if title != OURS:
            yield Figure(name, OURS, title, "CPU µs", ours.cpu_us, peer.cpu_us, ours.rounds)


def _rates(name: str, found: dict[str, Medians]) -> Iterator[Figure]:
    ours = found[OURS]
    for title, peer in found.items():
        if title != OURS:
            yield Figure(name, OURS, title, "a second", ours.a_second, peer.a_second, ours.rounds)


def _deliver(far: FarEnd, rounds: int, most: int) -> list[Figure]:
    """Each broadcast by a new process, whose peak is told when it is done."""
    samples: dict[int, list[Cost]] = {size: [] for size in SIZES if size <= most}
    for number in every_round("deliver", rounds):
        for size, costs in samples.items():
            if size <= OFTEN or number == 0:
                costs.append(_delivered(far, size))
    return [
        *_beside("memory of deliver", "MiB", samples, lambda cost, _: cost.peak_mib),
        *_beside(
            "a recipient, by deliver", "CPU µs", samples, lambda cost, size: cost.cpu_us / size
        ),
    ]


def _delivered(far: FarEnd, size: int) -> Cost:
    if size > OFTEN:
        progress(f"deliver to {size:,}")
    with running(DELIVER, far) as ask:
        return ask(size)


def _beside(
    name: str,
    unit: str,
    samples: dict[int, list[Cost]],
    part: Callable[[Cost, int], float],
) -> Iterator[Figure]:
    """The largest broadcast beside each of the others."""
    medians = {
        size: statistics.median(part(cost, size) for cost in costs)
        for size, costs in samples.items()
    }
    largest = max(medians)
    for size, median in medians.items():
        if size != largest:
            yield Figure(
                name, f"to {largest:,}", f"to {size:,}", unit,
                medians[largest], median, min(len(samples[largest]), len(samples[size])),
            )  # fmt: skip
