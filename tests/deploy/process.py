"""The process of the stand-in for AWS: its address, what leads clients there, and its end."""

import os
import re
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import boto3
from uv import find_uv_bin

from infra.stages import ROOT

REGION = "eu-central-1"
# Lambdas start one after another, at two seconds each, and other tests run meanwhile.
PATIENCE = 120
# A zombie only waits for its parent to look at it; X is gone.
ENDED = "ZX"


def make_python(folder: Path, python_of_lambda: Path) -> Path:
    """An environment with what the stand-in needs, and nothing else: its functions run on it."""
    made = folder / "venv/bin/python"
    # The one that the emulator's store is, too.
    pin = re.search(r"^ministack==.*", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pin
    uv = (find_uv_bin(), "--quiet")
    subprocess.run([*uv, "venv", "--python", python_of_lambda, folder / "venv"], check=True)
    subprocess.run([*uv, "pip", "install", "--python", made, pin[0], "boto3"], check=True)
    return made


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class StandIn:
    """The process, its group and its address."""

    def __init__(self, python: Path, folder: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = self._environment()
        self._log = folder / "stand-in.log"
        settings = {
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "LAMBDA_EXECUTOR": "local",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "COGNITO_EMAIL_ENABLED": "false",
            "AUTH": "true",
            "TMPDIR": str(folder),
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [python, Path(__file__).with_name("stand_in.py")],
                cwd=folder,
                env={"PATH": os.environ["PATH"], **settings},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        """Of whoever takes it for AWS."""
        others = ("AWS_", "MAKE", "MFLAGS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        return kept | {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "STAND_IN_URL": self.url,
            # How often osls looks whether a stack is done, in milliseconds.
            "SLS_AWS_MONITORING_FREQUENCY": "500",
            "NO_PROXY": "127.0.0.1",
            # Two recipients are many, so that a broadcast to them goes by the queue.
            "INLINE_RECIPIENTS": "1",
        }

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, self._log.read_text(errors="replace")
            assert time.monotonic() < deadline, self._log.read_text(errors="replace")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/_ministack/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def client(self, service: str, **credentials: str) -> Any:
        given = credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **given)

    def stop(self) -> None:
        """Ends the process and every Lambda that it has started, and returns once they are gone."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        deadline = time.monotonic() + PATIENCE
        while self.is_running() and time.monotonic() < deadline:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.poll()
            time.sleep(0.05)

    def is_running(self) -> bool:
        """Whether any process of its group is left."""
        states = map(_state_and_group, Path("/proc").glob("[0-9]*"))
        return any(group == self._process.pid and state not in ENDED for state, group in states)


def _state_and_group(process: Path) -> tuple[str, int]:
    """proc(5), stat: the fields behind the name, which may hold spaces."""
    try:
        state, _, group = (process / "stat").read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return "X", 0
    return state, int(group)
