"""What the figures are to be, and whether they are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from benchmarks.measure import Figure


class Bound(Enum):
    """On which side of its limit a figure is good."""

    MOST = "≤"
    LEAST = "≥"


@dataclass(frozen=True)
class Reading:
    """What of a figure a goal is about, in which unit."""

    unit: str
    of: Callable[[Figure], float]


def _median(figure: Figure) -> float:
    return figure.subject_median


CPU_US = Reading("µs CPU", _median)
CPU_MS = Reading("ms CPU", _median)
MS = Reading("ms", _median)
MIB = Reading("MiB", _median)
MB = Reading("MB", _median)
KB = Reading("KB", _median)
A_SECOND = Reading("a second", _median)
OF_A_CORE = Reading("a second of one core", lambda figure: 1e6 / figure.subject_median)
TIMES_LESS = Reading("times less", lambda figure: 1 / figure.ratio)
OF_BASELINE = Reading("of the baseline", lambda figure: figure.ratio)


@dataclass(frozen=True)
class Goal:
    """`figure` is the name and the unit of what it is about, `baseline` beside what; where there is
    none, any will do. `reason`: what keeps it from its limit where it is beyond, and what helps."""

    title: str
    bound: Bound
    limit: float
    reading: Reading
    figure: tuple[str, str]
    baseline: str | None = None
    reason: str = ""

    @property
    def is_absolute(self) -> bool:
        """Whether its limit is in the figure's own unit."""
        return self.reading.of is _median

    def is_about(self, figure: Figure) -> bool:
        named = (figure.name, figure.unit) == self.figure
        return named and self.baseline in (None, figure.baseline)


@dataclass(frozen=True)
class Outcome:
    """`value` is None where it was not measured."""

    goal: Goal
    value: float | None

    @property
    def missed_by(self) -> float:
        """0.2 is a fifth too much, or too little; 0 is met."""
        if self.value is None:
            return 0.0
        beyond = self.value / self.goal.limit - 1
        return max(0.0, beyond if self.goal.bound is Bound.MOST else -beyond)


def outcomes(figures: Iterable[Figure]) -> list[Outcome]:
    found = list(figures)
    return [Outcome(goal, _value(goal, found)) for goal in GOALS]


def _value(goal: Goal, figures: list[Figure]) -> float | None:
    return next((goal.reading.of(each) for each in figures if goal.is_about(each)), None)


RECIPIENT, POST = ("a recipient of a broadcast", "CPU µs"), ("a post", "CPU µs")
ECHO, BY_POST, RECEIPT = "two-way echo", "echo by boto3's post", "send-realtime to receipt"
FLOOR = (
    "a recipient is a request over TLS: two writes and two reads of the kernel, encryption, a"
    " signature. *A post, layer by layer* tells what each costs in libcurl without us; the profile"
    " below, where the rest goes. API Gateway takes one post for each connection, so fewer"
    " requests are not to be had; a faster core helps in proportion."
)
STARTS = (
    "[step by step](../benchmarks/results/cold-start.txt); most of a cold start are imports of"
    " libraries, and what is not imported costs nothing."
)
SHARED = (
    "client, emulator and worker share two cores, and a message goes through the kernel eight times"
    " between them. A third core helps most."
)
BOTO3 = "boto3 itself is more than half of it: compare the two-way echo."
STORE = (
    "a send makes eleven requests to the store before its post, one after another, and they are"
    " most of its time: compare the two stores. Reading at once what does not depend on another"
    " would help."
)


def _goals_of_a_start(name: str) -> tuple[Goal, ...]:
    cold = f"cold start of {name}"
    return (
        Goal(f"cold start of `{name}`", Bound.MOST, 120, CPU_MS, (cold, "CPU ms"), reason=STARTS),
        Goal(
            f"cold start of `{name}`, of a naive one's",
            Bound.MOST,
            0.25,
            OF_BASELINE,
            (cold, "CPU ms"),
            reason=STARTS,
        ),
        Goal(f"memory of `{name}`", Bound.MOST, 45, MIB, (cold, "MiB"), reason=STARTS),
    )


GOALS = (
    Goal("a recipient of a broadcast", Bound.MOST, 60, CPU_US, RECIPIENT, reason=FLOOR),
    Goal(
        "than PynamoDB and boto3, one by one",
        Bound.LEAST,
        15,
        TIMES_LESS,
        RECIPIENT,
        "PynamoDB and boto3, one by one",
        FLOOR,
    ),
    Goal("posts over TLS", Bound.LEAST, 15_000, OF_A_CORE, POST, reason=FLOOR),
    Goal(
        # Flat: a tenth is noise.
        "memory of `deliver` to most, of that to 1,000",
        Bound.MOST,
        1.1,
        OF_BASELINE,
        ("memory of deliver", "MiB"),
        "to 1,000",
    ),
    *_goals_of_a_start("connect"),
    *_goals_of_a_start("send"),
    Goal("a frame, warm", Bound.MOST, 3, CPU_MS, ("a frame, warm", "CPU ms")),
    Goal("two-way echo, p50", Bound.MOST, 0.5, MS, (ECHO, "ms p50"), reason=SHARED),
    Goal("two-way echo, p99", Bound.MOST, 4, MS, (ECHO, "ms p99"), reason=SHARED),
    Goal(
        "two-way echoes",
        Bound.LEAST,
        6_000,
        A_SECOND,
        ("two-way echoes", "messages/s"),
        reason=SHARED,
    ),
    Goal("echo by boto3's post, p50", Bound.MOST, 1.8, MS, (BY_POST, "ms p50"), reason=BOTO3),
    Goal("echo by boto3's post, p99", Bound.MOST, 6, MS, (BY_POST, "ms p99"), reason=BOTO3),
    Goal("emulator, store and workers, idle", Bound.MOST, 250, MB, ("memory, idle", "MB")),
    Goal("an open connection, of 5,000", Bound.MOST, 40, KB, ("an open connection", "KB")),
    Goal("handshakes", Bound.LEAST, 500, A_SECOND, ("handshakes", "connects/s")),
    Goal("cold burst of 20 frames", Bound.MOST, 300, MS, ("cold burst of 20 frames", "ms")),
    Goal("send to receipt, p50", Bound.MOST, 15, MS, (RECEIPT, "ms p50"), reason=STORE),
    Goal(
        "send to receipt on dynoxide, p50",
        Bound.MOST,
        8,
        MS,
        (f"{RECEIPT}, dynoxide", "ms p50"),
        reason=STORE,
    ),
)
