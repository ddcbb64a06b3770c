"""The warm process that workers are forked from: heavy libraries imported, no project code."""

import gc
import importlib
import os
import resource
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Iterable
from typing import Any

from local_server.leash import end_with_parent, end_with_stdin
from local_server.worker import work

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

_FILES = 1024
# Those that the emulator and its store answer for.
_SERVICES = ("apigatewaymanagementapi", "dynamodb", "sqs", "ssm")


def main(control: int, preloaded: Iterable[str]) -> None:
    """Forks a worker for every pair of descriptors that arrives; ends with the emulator."""
    end_with_parent(os.getppid())
    # The kernel reaps: a worker's end is seen by the emulator on the worker's own socket.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _limit_files()
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


def _limit_files() -> None:
    """Lambda's own quota, whatever the emulator has given itself
    (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft > _FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, hard))


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
    """Nothing is answered: a worker says itself who it is, on its own channel."""
    parent = os.getpid()
    try:
        if os.fork() == 0:
            control.close()
            _be_worker(parent, channel, logs)
    except OSError:
        # The emulator sees the channel close.
        traceback.print_exc()
    os.close(channel)
    os.close(logs)


def _be_worker(parent: int, channel: int, logs: int) -> None:
    status = 1
    try:
        # Before anybody can know the process: a group is killed and frozen as a whole.
        os.setpgid(0, 0)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        end_with_parent(parent)
        end_with_stdin()
        status = work(socket.socket(fileno=channel), logs)
    except BaseException:  # noqa: BLE001 - a worker never returns into the zygote's loop
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
