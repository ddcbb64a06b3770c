"""`python -m benchmarks.cold.start MODULE TIMES STEP… < event`: a handler's first invocation.

Imports the steps, modules that the handler imports anyway, one by one before it. Prints JSON: the
CPU of this process until the first answer, the interpreter's start in it; the median of the CPU of
`TIMES` more; the most memory that it had had after the first; and for each step both until then.
"""

# Nothing here that a handler has not got anyway: it would be measured.
import importlib
import io
import json
import sys
import time
from collections.abc import Callable


class Context:
    """What Lambda tells of an invocation."""

    aws_request_id = "8f5a2b1c-0000-4000-8000-000000000001"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def main(module: str, times: int, steps: list[str]) -> None:
    event = json.load(sys.stdin)
    spent = [("interpreter", *_spent())]
    for step in steps:
        importlib.import_module(step)
        spent.append((step, *_spent()))
    sys.stdout = printed = io.StringIO()
    handler = importlib.import_module(module).handler
    spent.append((module, *_spent()))
    answer = handler(event, Context())
    cold_ms, mib = _spent()
    spent.append(("first invocation", cold_ms, mib))
    imported = sorted(sys.modules)
    warm = [_cpu_ms(lambda: handler(event, Context())) for _ in range(times)]
    sys.stdout = sys.__stdout__
    if answer.get("statusCode", 200) != 200 or answer.get("batchItemFailures"):
        sys.exit(f"{module}: {answer} {printed.getvalue()}")
    warm_ms = sorted(warm)[times // 2] if warm else None
    measured = {"cold_ms": cold_ms, "mib": mib, "warm_ms": warm_ms, "steps": spent}
    print(json.dumps(measured | {"imported": imported}))


def _spent() -> tuple[float, float]:
    """CPU in ms since the process began, and the most memory in MiB."""
    return time.process_time_ns() / 1e6, _most_mib()


def _most_mib() -> float:
    """On Linux, `ru_maxrss` of a new process begins with what its parent had."""
    try:
        with open("/proc/self/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except OSError:
        import resource  # macOS, in bytes

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024


def _cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time_ns()
    work()
    return (time.process_time_ns() - started) / 1e6


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
