"""The store behind the handlers: an embedded process with DynamoDB, SQS and SSM, or a URL."""

import asyncio
import http.client
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from local_server import leash
from local_server.errors import StoreError
from local_server.template import ACCOUNT

_START_TIMEOUT_S = 30.0
_POLL_S = 0.02
_SHOWN_LINES = 12

# Neither checked nor secret; an embedded store takes any.
FAKE_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local",
}


@dataclass(frozen=True)
class _Kind:
    """How to start an embedded store on a port, and how to see that it answers."""

    module: str
    requirement: str
    health: str

    def arguments(self, port: int) -> list[str]:
        if self.module == "moto.server":
            return ["-H", "127.0.0.1", "-p", str(port)]
        return []

    def environment(self, port: int) -> dict[str, str]:
        if self.module == "moto.server":
            return {"MOTO_ACCOUNT_ID": ACCOUNT}
        # Its defaults listen on all interfaces and open ports for SFTP and MQTT.
        return {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "LAMBDA_EXECUTOR": "local",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "COGNITO_EMAIL_ENABLED": "false",
        }


_KINDS = {
    "ministack": _Kind("ministack", "ministack==1.5.33", "/_ministack/health"),
    "moto": _Kind("moto.server", "moto[server,dynamodb,sqs,ssm]", "/moto-api/"),
}


class Store:
    """An endpoint, and the process behind it if it is ours."""

    def __init__(
        self,
        name: str,
        url: str,
        process: "subprocess.Popen[bytes] | None" = None,
        output: IO[bytes] | None = None,
    ) -> None:
        self.name = name
        self.url = url
        self._process = process
        self._output = output

    @property
    def credentials(self) -> Mapping[str, str]:
        """What clients sign with: the caller's own ones at AWS, fake ones elsewhere."""
        if self.endpoint is None:
            return {key: os.environ[key] for key in os.environ if key.startswith("AWS_")}
        return FAKE_CREDENTIALS

    @property
    def endpoint(self) -> str | None:
        """Where SDKs are led to; at AWS every service has an endpoint of its own."""
        is_aws = (urlsplit(self.url).hostname or "").endswith(".amazonaws.com")
        return None if is_aws else self.url

    async def ready(self) -> None:
        """Returns once the endpoint answers. Raises StoreError."""
        if self._process is None:
            if not await asyncio.to_thread(_answers, self.url, proxies=self.endpoint is None):
                raise StoreError(f"nothing answers at {self.url}")
            return
        kind = _KINDS[self.name]
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                while not await asyncio.to_thread(_answers, self.url + kind.health):
                    self._check_running()
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            raise StoreError(f"{self.name} does not answer at {self.url}") from error

    def _check_running(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            raise StoreError(f"{self.name} did not start:\n{self._last_lines()}")

    def _last_lines(self) -> str:
        if self._output is None:
            return ""
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_SHOWN_LINES:])

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        if self._output:
            self._output.close()


def start_store(choice: str) -> Store:
    """`ministack`, `moto` or the URL of an endpoint. Await `ready` next. Raises StoreError."""
    if choice.startswith(("http://", "https://")):
        _check_url(choice)
        return Store("store", choice.rstrip("/"))
    kind = _KINDS.get(choice)
    if kind is None:
        raise StoreError(f"--store takes {', '.join(_KINDS)} or a URL, not {choice!r}")
    if importlib.util.find_spec(kind.module.split(".")[0]) is None:
        raise StoreError(f"{choice} is not installed: pip install '{kind.requirement}'")
    port = _free_port()
    output = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
        [sys.executable, "-P", str(Path(leash.__file__)), kind.module, *kind.arguments(port)],
        env=_environment(kind, port),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    return Store(choice, f"http://127.0.0.1:{port}", process, output)


def _check_url(url: str) -> None:
    try:
        urlsplit(url)
    except ValueError as error:
        raise StoreError(f"--store {url}: {error}") from error


def _environment(kind: _Kind, port: int) -> dict[str, str]:
    """A fresh one: a stray AWS_PROFILE or PYTHONWARNINGS is nothing to a store."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT")
    inherited = {key: os.environ[key] for key in kept if key in os.environ}
    return {**inherited, **FAKE_CREDENTIALS, **kind.environment(port)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str, *, proxies: bool = False) -> bool:
    """`proxies`: by way of those that the shell names. To AWS, that is; a store is near."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(None if proxies else {}))
    try:
        with opener.open(url, timeout=1):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except (OSError, http.client.HTTPException):
        return False
