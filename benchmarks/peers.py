"""Other emulators with the same handlers: serverless-offline, where Node is, and ministack."""

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from benchmarks.measure import LeftOut

FOLDER = Path(__file__).parent / "serverless-offline"
HANDLERS = Path(__file__).parent / "echo" / "app.py"
START_TIMEOUT_S = 60
REGION = "us-east-1"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
CREDENTIALS = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@dataclass(frozen=True)
class Peer:
    """`times`: messages a round, by how long one takes; `warm` come before them."""

    url: str
    pid: int
    times: int = 1000
    warm: int = 20


@contextmanager
def serverless_offline() -> Iterator[Peer]:
    """Raises LeftOut."""
    node, modules = shutil.which("node"), FOLDER / "node_modules"
    if node is None:
        raise LeftOut("there is no Node")
    if not (modules / "serverless-offline").is_dir():
        raise LeftOut("make bench installs it, from the registry of npm")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(FOLDER / "serverless.yml", folder)
        shutil.copy(HANDLERS, folder)
        (Path(folder) / "node_modules").symlink_to(modules)
        ports = [_free_port() for _ in range(3)]
        command = [node, str(modules / "serverless/bin/serverless.js"), "offline", "start"]
        # It looks for a Python of the runtime's name.
        names = ("PEER_PORT", "PEER_HTTP_PORT", "PEER_LAMBDA_PORT")
        environment = {name: str(port) for name, port in zip(names, ports, strict=True)} | {
            "PEER_RUNTIME": RUNTIME,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "SLS_TELEMETRY_DISABLED": "1",
            "SLS_NOTIFICATIONS_MODE": "off",
        }
        with _started(command, folder, environment, f"http://localhost:{ports[0]}/") as pid:
            yield Peer(f"ws://localhost:{ports[0]}/", pid)


@contextmanager
def ministack() -> Iterator[Peer]:
    """As `pip install ministack; ministack` runs it; the API is made with boto3. Raises LeftOut."""
    port = _free_port()
    here = f"http://127.0.0.1:{port}"
    environment = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"} | {
        # It would open more ports, which are always the same.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "COGNITO_EMAIL_ENABLED": "false",
    }
    command = [sys.executable, "-m", "ministack"]
    with (
        tempfile.TemporaryDirectory() as folder,
        _started(command, folder, environment, f"{here}/_ministack/health") as pid,
    ):
        # Each invocation waits 50 ms for words on stderr: a thousand would be a minute.
        yield Peer(_deployed(here), pid, times=50, warm=3)


def _deployed(here: str) -> str:
    """The address of a WebSocket API with our handlers behind it."""
    api = _client("apigatewayv2", here)
    made = api.create_api(
        Name="echo", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    place = f"/_aws/execute-api/{made}/bench"
    for route, name in (("$connect", "connect"), ("echo", "echo"), ("$default", "post")):
        function = f"{REGION}:lambda:path/2015-03-31/functions/{_function(name, here, place)}"
        integration = api.create_integration(
            ApiId=made,
            IntegrationType="AWS_PROXY",
            IntegrationUri=f"arn:aws:apigateway:{function}/invocations",
        )["IntegrationId"]
        api.create_route(ApiId=made, RouteKey=route, Target=f"integrations/{integration}")
    api.create_stage(ApiId=made, StageName="bench")
    return f"{here.replace('http', 'ws', 1)}{place}"


def _function(name: str, here: str, place: str) -> str:
    """Its ARN."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(HANDLERS, "app.py")
    functions = _client("lambda", here)
    made = functions.create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Role="arn:aws:iam::000000000000:role/echo",
        Handler=f"app.{name}",
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {"GATEWAY_URL": here + place}},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    return str(made["FunctionArn"])


def _client(service: str, here: str) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=here,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@contextmanager
def _started(
    command: list[str], folder: str, environment: Mapping[str, str], health: str
) -> Iterator[int]:
    """Its process group ends with the block. Raises LeftOut if it does not start."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **CREDENTIALS, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(health, process)
        yield process.pid
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """With whatever it has started, which may be slower to notice."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > end:
            raise LeftOut("it did not start")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
