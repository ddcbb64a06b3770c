"""The service as it is measured: in the emulator, with one user who does everything."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from benchmarks.processes import ROOT
from local_server.testing import RunningInThread, emulator_in_thread

PASSWORD = "bench password"
LIMITS = (
    "MAX_CONNECTIONS_PER_USER",
    "FRAMES_PER_MINUTE",
    "NEW_TOPICS_PER_DAY",
    "WRITES_PER_MINUTE",
)


def prepare_environment() -> None:
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "local")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "local")
    for limit in LIMITS:
        os.environ.setdefault(limit, "1000000")


@contextmanager
def running_service() -> Iterator[tuple[RunningInThread, str]]:
    """With the token of a new admin, who also receives."""
    prepare_environment()
    with emulator_in_thread(ROOT / "serverless.yml") as running:
        yield running, _token(running)


def _token(running: RunningInThread) -> str:
    subprocess.run(
        [sys.executable, "-m", "infra.admin", "create-user", "bench", "--role", "admin"],
        cwd=ROOT,
        env=os.environ | running.environment | {"HELIOGRAPH_PASSWORD": PASSWORD},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    answer = httpx.post(
        f"{running.http_url}/api/v1/auth/login", json={"username": "bench", "password": PASSWORD}
    )
    return str(answer.json()["access_token"])
