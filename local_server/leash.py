"""Child processes that end with the emulator, even if it is killed with SIGKILL.

`python leash.py MODULE [ARGUMENT…]` runs a module on such a leash; its stdin is the other end.
"""

import ctypes
import os
import runpy
import signal
import sys
import threading

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


def _watch(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os._exit(1)


def main() -> None:
    end_with_parent(os.getppid())
    end_with_stdin()
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
