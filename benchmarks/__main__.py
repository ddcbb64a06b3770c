"""`python -m benchmarks`: measures everything, and writes the results and docs/performance.md."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from benchmarks import cold_start, emulator, fanout, gateway, results
from benchmarks.document import write_documents
from benchmarks.measure import Figure, Measured, machine, progress
from benchmarks.service import prepare_environment, running_service

EXAMPLES = """\
  python -m benchmarks                            everything; ten minutes at most on two quiet cores
  python -m benchmarks --only fanout              one part, and only on the terminal
  python -m benchmarks --rounds 1 --most 10000    whether it runs, in two minutes; writes nothing
"""


@dataclass(frozen=True)
class Options:
    """What is asked for."""

    rounds: int
    most: int


PARTS: dict[str, Callable[[Options], Measured]] = {
    "fanout": lambda options: fanout.measure(options.rounds, options.most),
    "starts": lambda options: Measured(_cold_starts(options.rounds)),
    "emulator": lambda options: gateway.measure(options.rounds),
    "service": lambda options: emulator.measure(options.rounds),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--rounds", type=int, default=results.ROUNDS, metavar="N",
        help="medians are of this many (default: %(default)s)")  # fmt: skip
    add("--only", action="append", choices=[*PARTS, "profile"], metavar="NAME",
        help=f"{', '.join(PARTS)} or profile; may be repeated")  # fmt: skip
    add("--most", type=int, default=fanout.SIZES[-1], metavar="N",
        help="recipients of the largest broadcast (default: %(default)s)")  # fmt: skip
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    try:
        return _run(asked)
    except KeyboardInterrupt:
        return 130


def _end(number: int, frame: object) -> NoReturn:
    """As Ctrl-C: whatever was started is ended."""
    raise KeyboardInterrupt


def _run(asked: argparse.Namespace) -> int:
    prepare_environment()
    measured_on, began = machine(), time.monotonic()
    done: dict[str, Measured] = {}
    for name, measure in PARTS.items():
        if asked.only is None or name in asked.only:
            done[name] = measure(Options(asked.rounds, asked.most))
            _print(done[name])
    if _is_whole(asked) or "profile" in (asked.only or ()):
        fanout.profile(results.FANOUT_PROFILE)
        gateway.profile(results.EMULATOR_PROFILE)
    if _is_whole(asked):
        results.write(results.Results(measured_on, done, round(time.monotonic() - began)))
        write_documents()
    return 0


def _is_whole(asked: argparse.Namespace) -> bool:
    """What is less is not kept."""
    is_large = asked.rounds >= results.ROUNDS and asked.most >= fanout.SIZES[-1]
    return asked.only is None and is_large


def _print(measured: Measured) -> None:
    for figure in measured.figures:
        print(
            f"{figure.name:<30} {figure.subject_median:10.1f} {figure.unit:<9}"
            f" {figure.ratio:8.3f} of {figure.baseline} ({figure.baseline_median:.1f})",
            flush=True,
        )


def _cold_starts(rounds: int) -> list[Figure]:
    progress(f"cold starts, {rounds} rounds")
    before = dict(os.environ)
    try:
        with running_service() as (running, token):
            return cold_start.measure(running, token, rounds)
    finally:  # it leads to this emulator
        os.environ.clear()
        os.environ.update(before)


if __name__ == "__main__":
    sys.exit(main())
