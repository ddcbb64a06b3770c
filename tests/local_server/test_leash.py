"""Children that end with their parent."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-P", sys.argv[1], "timeit", "-n1", "-r1",
                          "import time; print('up', flush=True); time.sleep(60)"],
                         stdin=subprocess.PIPE)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc and the kernel")
def test_a_module_on_the_leash_ends_when_its_parent_is_killed() -> None:
    leash = Path(__file__).parents[2] / "local_server" / "leash.py"
    read, write = os.pipe()
    with subprocess.Popen([sys.executable, "-c", PARENT, str(leash)], stdout=write) as parent:
        os.close(write)
        with os.fdopen(read) as output:
            assert output.readline() == "up\n"
            os.kill(parent.pid, signal.SIGKILL)
            # The child holds the pipe's other end: its end is the child's end.
            assert output.read() == ""
