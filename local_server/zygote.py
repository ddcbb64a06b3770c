"""The warm process that workers are forked from: heavy libraries imported, no project code."""

import gc
import importlib
import os
import signal
import socket
import struct
import sys
import traceback
import warnings
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from local_server.leash import end_with_parent, end_with_stdin
from local_server.worker import work

PID = struct.Struct(">I")
# What handlers on AWS tend to import; boto3's client modules are half of a cold start.
PRELOADED = (
    "boto3",
    "boto3.dynamodb.conditions",
    "botocore.auth",
    "botocore.endpoint",
    "botocore.httpsession",
    "botocore.parsers",
    "botocore.signers",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "jwt",
    "msgspec",
    "orjson",
    "pycurl",
    "pydantic",
    "pynamodb.models",
    "requests",
    "urllib3",
)

# Those that the emulator and its store answer for.
_SERVICES = ("apigatewaymanagementapi", "dynamodb", "sqs", "ssm")


def main(control: int, preloaded: Iterable[str]) -> None:
    """Forks a worker for every pair of descriptors that arrives; ends with the emulator."""
    end_with_parent(os.getppid())
    # The kernel reaps: a worker's end is seen by the emulator on the worker's own socket.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _preload(preloaded)
    if "botocore.session" in sys.modules:
        _share_models()
    # Pages that the collector never touches again stay shared with every worker.
    gc.freeze()
    with socket.socket(fileno=control) as sock:
        while True:
            message, descriptors, _, _ = socket.recv_fds(sock, 1, 2)
            if not message:
                return
            _fork(sock, *descriptors)


def _preload(names: Iterable[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            try:
                importlib.import_module(name)
            except ImportError:
                continue


def _share_models() -> None:
    """Every session of botocore reads its own models of the services, and PynamoDB opens a session
    a table: most of a second of a cold start. What is read here comes with the fork.
    """
    from botocore import session

    make_loader = session.create_loader
    warm = make_loader()
    for service in _SERVICES:
        for kind in ("service-2", "endpoint-rule-set-1"):
            # Spelled as botocore does: the spelling is the key of its cache.
            warm.load_service_model(service, kind, api_version=None)
    for name in ("endpoints", "partitions", "_retry", "sdk-default-configuration"):
        warm.load_data(name)

    def create_loader(search_path: str | None = None) -> Any:
        loader = make_loader(search_path)
        if search_path is None:
            loader._cache.update(warm._cache)  # noqa: SLF001 - it has no other way in
        return loader

    session.create_loader = create_loader


def _fork(control: socket.socket, channel: int, logs: int) -> None:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        control.close()
        _be_worker(parent, channel, logs)
    os.close(channel)
    os.close(logs)
    # Here, not in the worker: it must lead its group before anybody can kill the group.
    with suppress(ProcessLookupError):
        os.setpgid(pid, pid)
    control.sendall(PID.pack(pid))


def _be_worker(parent: int, channel: int, logs: int) -> None:
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        end_with_parent(parent)
        end_with_stdin()
        work(socket.socket(fileno=channel), logs)
        status = 0
    except BaseException:  # noqa: BLE001 - a worker never returns into the zygote's loop
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
