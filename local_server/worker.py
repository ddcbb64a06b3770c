"""Inside a worker process: one handler, one event at a time, no library but the handler's own.

Frames on the socket are a kind, a length and a body: `S`etup and `I`nvoke come in, `R`eady,
`O`utcome and `E`rror go out.
"""

import decimal
import importlib
import json
import logging
import os
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, TextIO

from local_server import callbacks

HEADER = struct.Struct(">cI")
Handler = Callable[[Any, "Context"], Any]


class Context:
    """The context object of Lambda's Python runtime
    (docs.aws.amazon.com/lambda/latest/dg/python-context.html).
    """

    client_context = None
    identity = None

    def __init__(self, fields: dict[str, Any]) -> None:
        self.aws_request_id: str = fields["aws_request_id"]
        self.invoked_function_arn: str = fields["invoked_function_arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        # Text, not a number: so does Lambda.
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline = time.monotonic() + fields["timeout_ms"] / 1000

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: Any) -> None:
        sys.stdout.write(str(message))


class _RuntimeError(Exception):
    """An error of Lambda's runtime rather than of the handler."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class _LambdaLogs(logging.Handler):
    """Lambda puts a handler on the root logger, so `logger.info(…)` is seen with a level alone."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        stamp = f"{moment}.{int(record.msecs):03d}Z"
        text = self.format(record)
        sys.stdout.write(f"[{record.levelname}]\t{stamp}\t{self.request_id}\t{text}\n")


class Channel:
    """Frames over a blocking socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._stream = sock.makefile("rwb")

    def receive(self) -> tuple[bytes, Any] | None:
        """The next frame, or None when the emulator has hung up."""
        header = self._stream.read(HEADER.size)
        if len(header) < HEADER.size:
            return None
        kind, length = HEADER.unpack(header)
        return kind, json.loads(self._stream.read(length))

    def send(self, kind: bytes, body: bytes) -> None:
        self._stream.write(HEADER.pack(kind, len(body)) + body)
        self._stream.flush()


def work(sock: socket.socket, logs: int) -> None:
    """Serves one function until the emulator hangs up or the handler cannot be imported."""
    os.dup2(logs, 1)
    os.dup2(logs, 2)
    channel = Channel(sock)
    setup = channel.receive()
    if setup is None:
        return
    root_logs = _prepare(setup[1])
    if origin := os.environ.get("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"):
        callbacks.redirect(origin, setup[1]["api_host"])
    try:
        handler = _load(setup[1]["handler"])
    except BaseException as error:  # noqa: BLE001 - SystemExit at import is a failed init too
        channel.send(b"E", _failure(error))
        return
    channel.send(b"R", b"{}")
    while (frame := channel.receive()) is not None:
        root_logs.request_id = frame[1]["context"]["aws_request_id"]
        channel.send(*_invoke(handler, frame[1]))


def _prepare(setup: dict[str, Any]) -> _LambdaLogs:
    os.environ.clear()
    os.environ.update(setup["environment"])
    time.tzset()
    os.chdir(setup["root"])
    sys.path.insert(0, setup["root"])
    sys.argv = [setup["handler"]]
    sys.stdin = open(os.devnull)  # noqa: SIM115 - it lives as long as the process
    sys.stdout = _lines_to(1)
    sys.stderr = _lines_to(2)
    logs = _LambdaLogs()
    logging.getLogger().addHandler(logs)
    return logs


def _lines_to(descriptor: int) -> TextIO:
    return open(
        descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
    )


def _load(path: str) -> Handler:
    """`folder/module.function` or `folder.module.function`, with Lambda's words for a bad one."""
    module, _, name = path.rpartition(".")
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise _RuntimeError(
            "Runtime.ImportModuleError", f"Unable to import module '{module}': {error}"
        ) from error
    if not hasattr(loaded, name):
        raise _RuntimeError(
            "Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module}'"
        )
    handler: Handler = getattr(loaded, name)
    return handler


def _invoke(handler: Handler, frame: dict[str, Any]) -> tuple[bytes, bytes]:
    try:
        result = handler(frame["event"], Context(frame["context"]))
        return b"O", _encode(result)
    except BaseException as error:  # noqa: BLE001 - a handler's sys.exit() is an answer as well
        return b"E", _failure(error)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _encode(result: Any) -> bytes:
    """As awslambdaric does: Decimals become floats, everything else must be JSON already."""
    try:
        return json.dumps(result, default=_decimal).encode()
    except (TypeError, ValueError) as error:
        raise _RuntimeError(
            "Runtime.MarshalError", f"Unable to marshal response: {error}"
        ) from error


def _decimal(value: Any) -> float:
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _failure(error: BaseException) -> bytes:
    trace = traceback.format_exception(error)
    sys.stdout.flush()
    sys.stderr.flush()
    kind = error.kind if isinstance(error, _RuntimeError) else type(error).__name__
    return json.dumps({"errorType": kind, "errorMessage": str(error), "stackTrace": trace}).encode()
