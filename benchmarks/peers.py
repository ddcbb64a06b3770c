"""serverless-offline with the same handlers, where Node and its packages are there."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).parent / "serverless-offline"
HANDLERS = Path(__file__).parent / "echo" / "app.py"
START_TIMEOUT_S = 60


@contextmanager
def serverless_offline() -> Iterator[str | None]:
    """Its address; None, and the reason on stderr, where it cannot be run."""
    node, modules = shutil.which("node"), FOLDER / "node_modules"
    if node is None or not (modules / "serverless-offline").is_dir():
        print(
            "serverless-offline left out: npm install --prefix benchmarks/serverless-offline",
            file=sys.stderr,
        )
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(FOLDER / "serverless.yml", folder)
        shutil.copy(HANDLERS, folder)
        (Path(folder) / "node_modules").symlink_to(modules)
        ports = [_free_port() for _ in range(3)]
        process = subprocess.Popen(
            [node, str(modules / "serverless/bin/serverless.js"), "offline", "start"],
            cwd=folder,
            env=_environment(ports),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(ports[0], process)
            yield f"ws://localhost:{ports[0]}/"
        finally:
            process.terminate()
            process.wait()


def _environment(ports: list[int]) -> dict[str, str]:
    """It looks for a Python of the runtime's name."""
    names = ("PEER_PORT", "PEER_HTTP_PORT", "PEER_LAMBDA_PORT")
    return {
        **os.environ,
        **{name: str(port) for name, port in zip(names, ports, strict=True)},
        "PEER_RUNTIME": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "SLS_TELEMETRY_DISABLED": "1",
        "SLS_NOTIFICATIONS_MODE": "off",
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("serverless-offline did not start")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://localhost:{port}/", timeout=1)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
