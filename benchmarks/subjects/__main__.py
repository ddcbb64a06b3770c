"""`python -m benchmarks.subjects NAME URL [PROFILE]`: does as much work as each line of stdin says.

Prints "ready", and after each work a line of JSON: what it cost this process. With PROFILE, a file,
it writes there in the end which functions the time went to. It ends with its stdin.
"""

import cProfile
import importlib
import json
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from pathlib import Path

from benchmarks.profiles import write_profile


def main(name: str, url: str, profile: str | None = None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever has started it ends it
    answers = sys.stdout
    profiler = cProfile.Profile() if profile else None
    with redirect_stdout(sys.stderr):  # where the service's log goes
        work = importlib.import_module(f"benchmarks.subjects.{name}").start(url)
        print("ready", file=answers, flush=True)
        for line in sys.stdin:
            print(json.dumps(_cost(work, int(line), profiler)), file=answers, flush=True)
    if profiler and profile:
        write_profile(profiler, Path(profile))


def _cost(
    work: Callable[[int], None], times: int, profiler: cProfile.Profile | None
) -> dict[str, float]:
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    if profiler:
        profiler.runcall(work, times)
    else:
        work(times)
    return {
        "cpu_us": (time.process_time_ns() - cpu) / 1000,
        "seconds": (time.perf_counter_ns() - wall) / 1e9,
        "peak_mib": _peak_mib(),
    }


def _peak_mib() -> float:
    """On Linux, `ru_maxrss` of a new process begins with what its parent had."""
    with suppress(OSError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024  # macOS: bytes


if __name__ == "__main__":
    main(*sys.argv[1:])
