"""`python -m benchmarks.cold.start MODULE TIMES < event`: a handler's first invocation, and more.

Prints JSON: the CPU of this process until the first answer, the interpreter's start in it; the
median of the CPU of `TIMES` more; the most memory that it had had after the first.
"""

import contextlib
import importlib
import io
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path


class Context:
    """What Lambda tells of an invocation."""

    aws_request_id = "8f5a2b1c-0000-4000-8000-000000000001"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def main(module: str, times: int) -> None:
    event = json.load(sys.stdin)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        handler = importlib.import_module(module).handler
        answer = handler(event, Context())
        used, most = resource.getrusage(resource.RUSAGE_SELF), _most_mib()
        warm = [_cpu_ms(lambda: handler(event, Context())) for _ in range(times)]
    if answer.get("statusCode", 200) != 200 or answer.get("batchItemFailures"):
        sys.exit(f"{module}: {answer} {printed.getvalue()}")
    measured = {
        "cold_ms": (used.ru_utime + used.ru_stime) * 1000,
        "mib": most,
        "warm_ms": statistics.median(warm) if warm else None,
    }
    print(json.dumps(measured))


def _most_mib() -> float:
    """On Linux, `ru_maxrss` of a new process begins with what its parent had."""
    with contextlib.suppress(OSError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024  # macOS: bytes


def _cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time_ns()
    work()
    return (time.process_time_ns() - started) / 1e6


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
