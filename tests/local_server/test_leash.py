"""Children that end with their parent."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).parents[2]

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-P", sys.argv[1], "timeit", "-n1", "-r1",
                          "import time; print('up', flush=True); time.sleep(60)"],
                         stdin=subprocess.PIPE)
time.sleep(60)
"""


OF_A_COMMAND = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-P", sys.argv[1], "--command", "/bin/sh", "-c",
                          "echo up; exec sleep 60"], stdin=subprocess.PIPE)
time.sleep(60)
"""

ACCOMPANIED = """
import sys
sys.path.insert(0, sys.argv[1])
from local_server.leash import _accompany
sys.exit(_accompany(["/bin/sh", "-c", sys.argv[2]]))
"""


def accompany(command: str) -> "subprocess.Popen[str]":
    words = [sys.executable, "-P", "-c", ACCOMPANIED, str(ROOT), command]
    return subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


def output_of(process: "subprocess.Popen[str]") -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def test_where_the_kernel_cannot_help_a_program_ends_with_the_other_end_of_stdin() -> None:
    with accompany("echo up; exec sleep 60") as process:
        assert output_of(process).readline() == "up\n"
        assert process.stdin is not None
        process.stdin.close()
        # The program holds the pipe's other end: its end is the program's end.
        assert output_of(process).read() == ""


def test_a_program_that_is_accompanied_may_end_as_it_wants() -> None:
    with accompany(
        "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.01; done"
    ) as process:
        assert output_of(process).readline() == "up\n"
        os.killpg(process.pid, signal.SIGTERM)
        assert output_of(process).read() == "bye\n"
        assert process.wait() == 3


LATER = "import time\nwhile time.time() < 4_000_000_000: time.sleep(0.01)\nprint('later')"


def test_a_module_on_the_leash_tells_the_time_that_it_is_told() -> None:
    ours, theirs = socket.socketpair()
    leash = ROOT / "local_server" / "leash.py"
    words = [sys.executable, "-P", str(leash), "timeit", "-n1", "-r1", LATER]
    with (
        ours,
        subprocess.Popen(words, stdin=theirs.fileno(), stdout=subprocess.PIPE, text=True) as child,
    ):
        theirs.close()
        # To 2100, by way of tomorrow.
        for days in (1, 75 * 365):
            ours.sendall(b"%d\n" % (days * 86_400_000))
            assert ours.recv(1) == b"."
        assert output_of(child).readline() == "later\n"


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc and the kernel")
@pytest.mark.parametrize("parent", [PARENT, OF_A_COMMAND], ids=["module", "command"])
def test_what_is_on_the_leash_ends_when_its_parent_is_killed(parent: str) -> None:
    leash = ROOT / "local_server" / "leash.py"
    read, write = os.pipe()
    with subprocess.Popen([sys.executable, "-c", parent, str(leash)], stdout=write) as process:
        os.close(write)
        with os.fdopen(read) as output:
            assert output.readline() == "up\n"
            os.kill(process.pid, signal.SIGKILL)
            # The child holds the pipe's other end: its end is the child's end.
            assert output.read() == ""
