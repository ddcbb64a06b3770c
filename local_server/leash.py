"""Child processes that end with the emulator, even if it is killed with SIGKILL.

`python leash.py MODULE [ARGUMENT…]` runs a module on such a leash, and
`python leash.py --command FILE [ARGUMENT…]` any other program; stdin is the other end. A module is
told there how far ahead the emulator's clock is: a line with milliseconds, answered with a byte.
"""

import ctypes
import importlib.util
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

COMMAND = "--command"
_PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int) -> None:
    """Asks the kernel to kill this process when `parent` ends. Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have ended before the kernel was asked.
        if os.getppid() != parent:
            os._exit(1)


def end_with_stdin() -> None:
    """Elsewhere a thread waits for the end of stdin, which the emulator holds open."""
    if sys.platform != "linux":
        threading.Thread(target=_watch, args=(0,), daemon=True).start()


def _watch(lifeline: int, first: Callable[[], None] = lambda: None) -> None:
    while os.read(lifeline, 1):
        pass
    first()
    os._exit(1)


def _attend(lifeline: int) -> None:
    travel: Any = None
    while told := os.read(lifeline, 64):
        travel = travel or _travel()
        travel.go_ahead(int(told.split()[-1]))
        os.write(lifeline, b".")
    if sys.platform != "linux":
        os._exit(1)


def _travel() -> Any:
    """Of the file beside this one: the package need not be found where a store is run."""
    spec = importlib.util.spec_from_file_location("travel", Path(__file__).with_name("travel.py"))
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018 - it is a file
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Travel()


def _become(words: list[str]) -> NoReturn:
    """What the kernel was asked for outlives exec."""
    if sys.platform == "linux":
        os.execv(words[0], words)  # noqa: S606 - the emulator's own words
    sys.exit(_accompany(words))


def _accompany(words: list[str]) -> int:
    """Signals reach both: they are of one process group, which the leash's end takes along."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    with subprocess.Popen(words, stdin=subprocess.DEVNULL) as child:  # noqa: S603 - as above
        threading.Thread(target=_watch, args=(0, child.kill), daemon=True).start()
        return child.wait()


def main() -> None:
    end_with_parent(os.getppid())
    if sys.argv[1] == COMMAND:
        _become(sys.argv[2:])
    threading.Thread(target=_attend, args=(0,), daemon=True).start()
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
